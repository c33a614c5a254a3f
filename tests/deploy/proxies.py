"""nginx with a configuration of docs/deploy, its ports and files replaced by a test's own."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["LOGIN", "NEEDS_NGINX", "ROOT", "free_port", "proxied", "running"]

ROOT = Path(__file__).parents[2]
LOGIN = ("reader", "correct horse")
_NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin") or ""
_START_LIMIT = 120.0

NEEDS_NGINX = pytest.mark.skipif(
    not (_NGINX and shutil.which("openssl")), reason="nginx and openssl are not both here"
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: list[str], *, log: Path, port: int, **environment: str) -> Iterator[None]:
    """A server as a process, from when it takes connections."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=out, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + _START_LIMIT
    try:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise AssertionError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
        yield
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def proxied(
    site: str, *, folder: Path, port: int, names: str, changes: Mapping[str, str]
) -> Iterator[Path]:
    """nginx with docs/deploy/`site`, listening at `port`; its certificate, for `names`."""
    key, certificate = folder / "dossier.key", folder / "dossier.pem"
    made = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext {names}"
    subprocess.run(
        [*made.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", LOGIN[1]], check=True, capture_output=True, text=True
    ).stdout
    (folder / "dossier.htpasswd").write_text(f"{LOGIN[0]}:{hashed}")
    text = (ROOT / "docs" / "deploy" / site).read_text(encoding="utf-8")
    for old, new in {**changes, "/etc/nginx/": f"{folder}/"}.items():
        assert old in text
        text = text.replace(old, new)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log {folder}/access.log; {places}\n{text}\n}}\n"
    )
    command = [_NGINX, "-c", str(whole), "-e", "stderr"]
    with running(command, log=folder / "nginx.log", port=port):
        yield certificate
