"""Stands between the driver and a real mongod, and answers some commands as other servers do."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import bson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Document = dict[str, Any]
_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013


def refusal(code: int, name: str, text: str) -> Document:
    return {"ok": 0.0, "errmsg": text, "code": code, "codeName": name}


@contextmanager
def answering(port: int, answer: Callable[[Document], Document | None]) -> Iterator[int]:
    """The port of a proxy in front of the server on ``port`` of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, port, answer), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def _serve(listener: socket.socket, port: int, answer: Callable[[Document], Any]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_requests, args=(client, server, answer), daemon=True).start()
            threading.Thread(target=_answers, args=(server, client), daemon=True).start()


def _requests(
    client: socket.socket, server: socket.socket, answer: Callable[[Document], Any]
) -> None:
    with suppress(OSError, EOFError), client, server:
        while True:
            message = _message(client)
            _, request_id, _, kind = _HEADER.unpack(message[:16])
            instead = answer(_command(message)) if kind == _OP_MSG else None
            if instead is None:
                server.sendall(message)
            else:
                body = struct.pack("<IB", 0, 0) + bson.encode(instead)
                client.sendall(_HEADER.pack(16 + len(body), 1, request_id, _OP_MSG) + body)


def _answers(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError, EOFError):
        while part := server.recv(65536):
            client.sendall(part)


def _message(source: socket.socket) -> bytes:
    header = _exactly(source, 16)
    return header + _exactly(source, _HEADER.unpack(header)[0] - 16)


def _exactly(source: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = source.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def _command(message: bytes) -> Document:
    """The body of the command, without the documents that come beside it."""
    size = int.from_bytes(message[21:25], "little")
    return bson.decode(message[21 : 21 + size])
