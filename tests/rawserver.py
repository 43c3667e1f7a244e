"""A server on loopback that answers each request with the bytes that a test gives it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_TLS_HELLO = b"\x16"
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    target: str
    head: str
    number: int

    @property
    def path(self) -> str:
        return self.target.split("?")[0]

    @property
    def query(self) -> dict[str, str]:
        _, _, query = self.target.partition("?")
        return dict(part.split("=", 1) for part in query.split("&") if "=" in part)


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; the names of headers are written with `_` for `-`."""
    told = {"Content-Length": str(len(body)), "Connection": "close"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body


@dataclass
class RawServer:
    """Use it as a context manager; ``answer`` is called in threads.

    It gives the bytes of an answer, or parts of them; then the connection is closed.
    """

    answer: Callable[[Seen], bytes | Iterable[bytes]]
    tls: ssl.SSLContext | None = None
    requests: list[Seen] = field(default_factory=list)

    def __enter__(self) -> Self:
        owner = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    owner._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/api/v1"

    def _serve(self, connection: Any) -> None:
        connection.settimeout(30)
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        head = b""
        if self.tls is None and connection.recv(1, socket.MSG_PEEK) == _TLS_HELLO:
            connection.sendall(reply(400))
            return
        while _HEAD_END not in head:
            part = connection.recv(65536)
            if not part:
                return
            head += part
        text = head.decode("latin-1")
        seen = Seen(text.split(" ")[1], text, len(self.requests))
        self.requests.append(seen)
        told = self.answer(seen)
        for part in (told,) if isinstance(told, bytes) else told:
            connection.sendall(part)
        connection.close()


_CA = """
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {name}
"""


def tls_context(folder: Path, *, host: str = "127.0.0.1", expired: bool = False) -> ssl.SSLContext:
    """With a certificate that signs itself, in ``folder / "cert.pem"``."""
    name = f"IP:{host}" if host[0].isdigit() else f"DNS:{host}"
    (folder / "ca.conf").write_text(_CA.format(name=name))
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01")
    end = "20200102000000Z" if expired else "20990101000000Z"
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=test"
    _openssl(folder, f"req -new {key} -out request.pem")
    _openssl(
        folder,
        "ca -batch -selfsign -notext -config ca.conf -keyfile key.pem -in request.pem "
        f"-out cert.pem -startdate 20200101000000Z -enddate {end}",
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _openssl(folder: Path, arguments: str) -> None:
    command = ["openssl", *arguments.split(" ")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
