"""The configurations of docs/serve.md, in the real Caddy and nginx, in front of `serve`."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.acceptance.serving import HOOK_SECRET, NO_POLL, PATIENCE_S, Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.cli import Cli

PAGE = (Path(__file__).parents[2] / "docs" / "serve.md").read_text("utf-8")
UPSTREAM = "127.0.0.1:8077"
WRONG = "w" * 40
NGINX_ITSELF = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/errors.log info;
{user}
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def block(language: str) -> str:
    """The first block of this language on the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def for_caddy(folder: Path, port: int, upstream: str) -> list[str]:
    text = block("caddyfile").replace(UPSTREAM, upstream)
    (folder / "documented").write_text(text)
    text = text.replace("{\n", "{\n\tadmin off\n", 1)
    (folder / "Caddyfile").write_text(
        text.replace("school.example.com", f"http://127.0.0.1:{port}")
    )
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def for_nginx(folder: Path, port: int, upstream: str) -> list[str]:
    site = block("nginx").replace(UPSTREAM, upstream).replace("/var/log/nginx", str(folder))
    site = site.replace("/etc/ssl", str(folder))
    user = "user root;" if os.geteuid() == 0 else ""
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}")
    files = {"documented": site, "plain": re.sub(r" ssl(?=;)|ssl_\w+ +\S+;", "", site)}
    for name, text in files.items():
        whole = NGINX_ITSELF.format(folder=folder, user=user, site=text)
        (folder / f"{name}.conf").write_text(whole)
    return ["nginx", "-p", str(folder), "-c", str(folder / "plain.conf")]


def check_caddy(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config"]
    return run([*command, str(folder / "documented")], folder)


def check_nginx(folder: Path) -> subprocess.CompletedProcess[str]:
    name = str(folder / "school.example.com")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    run([*made, "-subj", "/CN=x", "-keyout", f"{name}.key", "-out", f"{name}.pem"], folder)
    return run(["nginx", "-t", "-p", str(folder), "-c", str(folder / "documented.conf")], folder)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(folder)}
    return subprocess.run(
        command, capture_output=True, check=False, text=True, env=environment, cwd=folder
    )


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[httpx2.Client]:
    with (folder / "output.log").open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | {"HOME": str(folder)}
        )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not accepts(port):
            assert process.poll() is None, (folder / "output.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            yield client
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


SERVERS = {"caddy": (for_caddy, check_caddy), "nginx": (for_nginx, check_nginx)}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=name))
        for name in SERVERS
    ],
)
def test_only_webhooks_pass_and_no_log_shows_the_secret(
    cli: Cli, tmp_path: Path, name: str
) -> None:
    write, check = SERVERS[name]
    folder, port = tmp_path / name, free_port()
    folder.mkdir()
    with Serving(cli, NO_POLL) as serving:
        command = write(folder, port, serving.url.removeprefix("http://"))
        checked = check(folder)
        assert checked.returncode == 0, checked.stderr
        with running(command, folder, port) as client:
            assert client.post(f"/hooks/{HOOK_SECRET}", content=b"{}").status_code == 204
            assert client.post(f"/hooks/{HOOK_SECRET}/", content=b"{}").status_code == 204
            assert client.post(f"//hooks/{HOOK_SECRET}").status_code in (204, 404)
            # A browser sends this after somebody opened the address in it.
            client.get("/favicon.ico", headers={"Referer": f"https://x/hooks/{HOOK_SECRET}"})
            assert client.post(f"/hooks/{WRONG}", content=b"{}").status_code == 404
            assert client.post(f"/{HOOK_SECRET}", content=b"{}").status_code == 404
            large = client.post(f"/hooks/{HOOK_SECRET}", content=b"x" * 300_000)
            # `serve` closes the connection, perhaps before Caddy has read its answer.
            assert large.status_code in (413, 502)
            for path in ("/", "/metrics", "/health", "/hooks", "/hooks/../metrics"):
                assert client.get(path).status_code in (301, 404, 405), path
            serving.stop()
            assert client.post(f"/hooks/{HOOK_SECRET}", content=b"{}").status_code == 502

    logs = {each.name: each.read_text() for each in folder.glob("*.log")}
    shown = "".join(logs.values())
    assert shown.count('"/-"') >= 8 or shown.count("POST /hooks/- ") >= 6
    assert [name for name, text in logs.items() if HOOK_SECRET in text or WRONG in text] == []
