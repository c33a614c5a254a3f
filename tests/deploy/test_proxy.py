"""The page behind nginx, with the configuration that docs/deployment.md gives."""

import base64
import http.client
import re
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from deploy.proxies import LOGIN, NEEDS_NGINX, ROOT, free_port, proxied, running
from playwright.sync_api import expect
from ui import serving

from rag import Archive, Settings
from rag.embedder import OnnxEmbedder

HOST = "archive.localhost"
"""A name that browsers take for this machine."""

pytestmark = [pytest.mark.slow, NEEDS_NGINX]


class Proxy(NamedTuple):
    plain: int
    secure: int
    path: str

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.secure}{self.path}"

    def get(
        self, path: str, *, login: tuple[str, str] | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """One request to this machine under the name that readers use."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        asked = {"Host": f"{HOST}:{self.secure}"}
        asked |= {name.replace("_", "-"): value for name, value in headers.items()}
        if login:
            token = base64.b64encode(":".join(login).encode()).decode()
            asked["Authorization"] = f"Basic {token}"
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.secure, context=context, timeout=20
        )
        connection.request("GET", self.path.rstrip("/") + path, headers=asked)
        response = connection.getresponse()
        connection.close()
        return response

    def opens(self, *, login: tuple[str, str] | None = LOGIN, **headers: str) -> int:
        """The status of a WebSocket's handshake."""
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec_WebSocket_Version": "13",
            "Sec_WebSocket_Key": base64.b64encode(bytes(16)).decode(),
        }
        return self.get("/_stcore/stream", login=login, **upgrade | headers).status


@pytest.fixture(scope="module", params=["/", "/dossier/"])
def proxy(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    embedder: OnnxEmbedder,
    sample: Path,
) -> Iterator[Proxy]:
    """The page on the demo corpus, as `make run` starts it, behind nginx."""
    folder = tmp_path_factory.mktemp("proxy")
    home = folder / "home"
    with Archive.open(home, settings=Settings(_env_file=None), embedder=embedder) as archive:
        archive.ingest(sample)
    page, found = free_port(), Proxy(free_port(), free_port(), request.param)
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    [started] = re.findall(r"exec \$\(PY\) (-m streamlit run .*\\\n.*)", recipe)
    flags = started.replace("\\\n", " ").replace("$(PORT)", str(page)).split()
    given = [f"--server.allowedHosts={HOST}"]
    if found.path != "/":
        given.append(f"--server.baseUrlPath={found.path.strip('/')}")
    changes = {
        "listen 80;": f"listen 127.0.0.1:{found.plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{found.secure} ssl;",
        "127.0.0.1:8501": f"127.0.0.1:{page}",
        "location / {": f"location {found.path} {{",
        "archive.example.org": HOST,
    }
    names = f"subjectAltName=DNS:{HOST}"
    with (
        running(
            [sys.executable, *flags, *given],
            log=folder / "page.log", port=page, DOSSIER_HOME=str(home), DOSSIER_LLM="off",
        ),
        proxied("nginx.conf", folder=folder, port=found.secure, names=names, changes=changes),
    ):  # fmt: skip
        yield found


def test_nothing_is_shown_without_the_login(proxy: Proxy) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/static/index.html"):
        for login in (None, (LOGIN[0], "wrong"), ("stranger", LOGIN[1])):
            assert proxy.get(path, login=login).status == 401
    assert proxy.opens(login=None) == 401
    for path in ("/", "/_stcore/health"):
        assert proxy.get(path, login=LOGIN).status == 200


def test_plain_http_is_sent_to_tls(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=20)
    connection.request("GET", "/any?thing=1", headers={"Host": HOST})
    answered = connection.getresponse()
    connection.close()
    assert answered.status == 301
    assert answered.headers["Location"] == f"https://{HOST}/any?thing=1"


def test_who_may_open_the_socket(proxy: Proxy) -> None:
    """Under the name that was allowed and from the page itself; from no other site's page."""
    here = f"{HOST}:{proxy.secure}"
    assert proxy.opens(Origin=f"https://{here}") == 101
    assert proxy.opens(Origin="https://evil.example") == 403
    assert proxy.opens(Host="evil.example", Origin="https://evil.example") == 403


@pytest.mark.browser
@pytest.mark.skipif(not serving.chromium(), reason="there is no chromium here")
def test_the_page_works_through_it(proxy: Proxy) -> None:
    with serving.browser() as chromium:
        context = chromium.new_context(
            ignore_https_errors=True,
            http_credentials={"username": LOGIN[0], "password": LOGIN[1]},
        )
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(proxy.url)
        question = page.get_by_test_id("stChatInputTextArea")
        question.fill("How many people died aboard the airliner?")
        question.press("Enter")
        expect(page.get_by_test_id("stChatMessage").last).to_contain_text("224", timeout=120_000)
        context.close()
