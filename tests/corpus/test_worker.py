"""The reading process: the same events as here, and a file that hangs or dies costs only itself."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus import ReadOptions, find_files
from corpus.errors import FileTooLarge, ReadingFailed, UnreadableFile
from corpus.events import ArticleRead, FileDone, FileStarted
from corpus.worker import _VALUES, ReadingProcess, _Values, read_here

STORY = "The harbour bridge will close in March. Ferries run every ten minutes instead."
SLOW = f"<p>{STORY}</p>" * 150_000
"""A page of thirteen megabytes: twenty seconds of work."""


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_text(f"{STORY} It costs {number} crowns.")
    return list(find_files(tmp_path))


def table(path: Path, rows: int) -> Path:
    with path.open("w") as file:
        for number in range(rows):
            file.write(json.dumps({"text": f"{STORY} It costs {number} crowns."}) + "\n")
    return path


def test_the_process_tells_what_reading_here_tells(sample: Path) -> None:
    paths = list(find_files(sample))
    with ReadingProcess() as reading:
        there = list(reading.read(paths))
        again = list(reading.read(paths))
    here = list(read_here(paths))
    assert there == again == here
    assert sum(isinstance(event, ArticleRead) for event in there) == len(paths) > 20


def test_each_file_is_done_once_with_what_it_is(texts: list[Path]) -> None:
    missing = texts[0].with_name("gone.txt")
    with ReadingProcess() as reading:
        events = list(reading.read([texts[0], missing]))
    started, read, done, again, lost = events
    assert (started, again) == (FileStarted(texts[0]), FileStarted(missing))
    assert isinstance(read, ArticleRead)
    assert read.article.text.endswith("0 crowns.")
    status = texts[0].stat()
    assert isinstance(done, FileDone)
    assert (done.path, done.size, done.mtime_ns) == (texts[0], status.st_size, status.st_mtime_ns)
    assert (len(done.sha256), done.unchanged, done.error) == (64, False, None)
    assert isinstance(lost, FileDone)
    assert isinstance(lost.error, UnreadableFile)
    assert lost.sha256 == ""


def test_what_has_the_known_hash_is_not_read(texts: list[Path]) -> None:
    with ReadingProcess() as reading:
        first = [event for event in reading.read(texts) if isinstance(event, FileDone)]
        known = {done.path: done.sha256 for done in first}
        texts[3].write_text(STORY)
        events = list(reading.read(texts, known=known))
    assert [e.article.path for e in events if isinstance(e, ArticleRead)] == [texts[3]]
    assert sum(e.unchanged for e in events if isinstance(e, FileDone)) == 19


@pytest.mark.parametrize(
    "date",
    [
        "2015-11-16T10:00:00+03:00",
        "2015-11-16T10:00:00Z",
        "2015-11-16 10:00:00",
        "16 November 2015 10:00 EST",
        "16 November 2015, 10:00 CET",
        "Mon, 16 Nov 2015 10:00:00 -0500",
    ],
)
def test_times_of_every_zone_come_across(tmp_path: Path, date: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": STORY, "date": date}))
    with ReadingProcess() as reading:
        there = list(reading.read([path]))
    assert there == list(read_here([path]))
    assert isinstance(there[1], ArticleRead)
    assert there[1].article.published


def test_a_process_that_sends_what_is_no_event_is_ended(
    texts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_VALUES, "corpus.article", set())
    with ReadingProcess() as reading:
        done = [event for event in reading.read(texts[:2]) if isinstance(event, FileDone)]
    assert [event.path for event in done] == texts[:2]
    assert all(isinstance(event.error, ReadingFailed) for event in done)


def test_options_reach_the_reader(texts: list[Path]) -> None:
    with ReadingProcess() as reading:
        events = list(reading.read(texts[:1], options=ReadOptions(largest_file=10)))
    assert isinstance(events[-1], FileDone)
    assert isinstance(events[-1].error, FileTooLarge)


def test_a_file_that_takes_too_long_is_left(texts: list[Path]) -> None:
    texts[5] = texts[5].with_suffix(".html")
    texts[5].write_text(SLOW)
    began = time.monotonic()
    with ReadingProcess(seconds=4) as reading:
        done = [event for event in reading.read(texts) if isinstance(event, FileDone)]
    assert time.monotonic() - began < 60
    assert [event.path for event in done] == texts
    assert [event.path for event in done if event.error] == [texts[5]]
    assert isinstance(done[5].error, ReadingFailed)
    assert done[5].error.reason == "takes longer than 4 seconds; it was left"


def test_a_file_that_takes_too_much_memory_is_left(texts: list[Path]) -> None:
    path = texts[5].with_suffix(".json")
    path.write_bytes(b'{"text": "The bridge will close.", "more": [' + b"{}," * 6_000_000 + b"0]}")
    texts[5:6] = [path]
    with ReadingProcess(memory=350 << 20) as reading:
        done = [event for event in reading.read(texts) if isinstance(event, FileDone)]
    assert [event.path for event in done] == texts
    assert [event.path for event in done if event.error] == [texts[5]]
    assert isinstance(done[5].error, ReadingFailed)
    assert "memory" in done[5].error.reason or "ended" in done[5].error.reason


def seconds_of(process: int) -> float:
    """Processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def child_of(reading: ReadingProcess) -> int:
    assert reading._child
    return reading._child.pid


def test_a_process_that_is_killed_costs_one_file(tmp_path: Path, texts: list[Path]) -> None:
    paths = [table(tmp_path / "a.jsonl", 30_000), *texts]
    with ReadingProcess() as reading:
        done = []
        for number, event in enumerate(reading.read(paths)):
            if number == 100:
                os.kill(child_of(reading), signal.SIGSEGV)
            if isinstance(event, FileDone):
                done.append(event)
    assert [event.path for event in done] == paths
    assert [event.path for event in done if event.error] == paths[:1]
    assert "signal 11" in str(done[0].error)


def test_a_long_table_comes_as_it_is_read(tmp_path: Path) -> None:
    """The child waits where nobody takes what it read: its memory is that of a few articles."""
    path = table(tmp_path / "a.jsonl", 8000)
    with ReadingProcess() as reading:
        events = reading.read([path])
        for _ in range(200):
            next(events)
        spent = [-1.0]
        while len(spent) < 60 and spent[-1] != seconds_of(child_of(reading)):
            spent.append(seconds_of(child_of(reading)))
            time.sleep(0.5)
        began = seconds_of(child_of(reading))
        read = sum(isinstance(event, ArticleRead) for event in events)
        assert seconds_of(child_of(reading)) > began + 0.2  # most of it was still to be read
    assert read >= 7800


def test_leaving_early_ends_the_process(tmp_path: Path, texts: list[Path]) -> None:
    path = table(tmp_path / "a.jsonl", 5000)
    with ReadingProcess() as reading:
        events = reading.read([path])
        next(events)
        child = child_of(reading)
        events.close()
        assert not Path(f"/proc/{child}").exists()
        again = list(reading.read(texts))  # and another takes its place
    assert sum(isinstance(event, ArticleRead) for event in again) == 20


def test_an_interrupt_is_the_parents(texts: list[Path]) -> None:
    with ReadingProcess() as reading:
        list(reading.read(texts[:1]))
        child = child_of(reading)
        os.kill(child, signal.SIGINT)
        assert len(list(reading.read(texts))) == 60
        assert child_of(reading) == child


def test_the_process_ends_with_its_parent(texts: list[Path]) -> None:
    script = (
        "import sys, os, signal; from pathlib import Path\n"
        "from corpus.worker import ReadingProcess\n"
        "reading = ReadingProcess(); list(reading.read([Path(sys.argv[1])]))\n"
        "print(reading._child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = [sys.executable, "-c", script, str(texts[0])]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    child = Path(f"/proc/{int(done.stdout)}")
    for _ in range(300):
        try:
            if "State:\tZ" in (child / "status").read_text():
                break
        except OSError:  # it is gone
            break
        time.sleep(0.1)
    else:
        pytest.fail("it outlived its parent")


def test_a_module_in_the_folder_we_stand_in_is_not_run(
    tmp_path: Path, texts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    with ReadingProcess() as reading:
        assert len(list(reading.read(texts))) == 60


def test_nothing_but_events_is_built_of_what_the_child_sends() -> None:
    import io

    for bad in (os.system, subprocess.Popen, eval, Path.unlink):
        with pytest.raises(pickle.UnpicklingError, match="no part of an event"):
            _Values(io.BytesIO(pickle.dumps(bad))).load()
