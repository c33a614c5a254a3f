"""An ingest killed at any moment: the archive is as before or as after, and the next completes."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from crashing import STAGES, Crasher, Ended, crasher

from rag import Archive, ArchiveNotFound, Settings
from rag.embedder import OnnxEmbedder
from vectorstore import Generations
from vectorstore.recovery import check_generation

SETTINGS = Settings(_env_file=None)
QUERY = "When will the bridge close?"
PLACES = "harbour ferry tunnel market library museum station airport theatre stadium".split()


def write_article(folder: Path, name: str, *, month: str = "March") -> None:
    people = " ".join(
        f"In {month} some {number} people of the district {number % 7} walked past the {name}."
        for number in range(20, 32)
    )
    (folder / f"{name}.md").write_text(
        f"---\ntitle: About the {name}\nsource: The Quay\npublished: 2015-11-13\n---\n\n"
        f"The {name} will close in {month}. {people}\n"
    )


class State(NamedTuple):
    """What an archive holds and answers, by content."""

    articles: frozenset[str]
    passages: frozenset[str]
    files: frozenset[str]
    hits: tuple[tuple[str, int, int], ...]


def state_of(home: Path, embedder: OnnxEmbedder) -> State | None:
    """None where there is no archive. What it holds is whole, and nothing is in it twice."""
    with Archive.open(home, settings=SETTINGS, embedder=embedder) as archive:
        try:
            listed = archive.articles()
        except ArchiveNotFound:
            return None
        hits = tuple((hit.article_id, hit.start, hit.end) for hit in archive.search(QUERY, k=8))
    generations = Generations(home)
    with generations.snapshot() as snapshot:
        check_generation(generations, snapshot.name)
        articles, passages, rows = snapshot.catalog.counts()
        ids = snapshot.catalog.passage_ids()
        assert passages == rows == len(ids) == snapshot.manifest.passages
        assert articles == len(listed) == len({one.id for one in listed})
        assert snapshot.vectors.ids() == ids
        files = frozenset(Path(path).name for path in snapshot.catalog.files())
    generations.close()
    return State(frozenset(one.id for one in listed), frozenset(ids), files, hits)


@dataclass
class Case:
    """An ingest to interrupt: an archive, or none, and the folder that it is to be brought to."""

    base: Path
    folder: Path
    before: State | None
    after: State
    seconds: float
    working: float
    arguments: tuple[object, ...]
    tokens: int
    seen: Counter[str] = field(default_factory=Counter)

    def trial(self, crash: Crasher, home: Path, **kill: object) -> Ended:
        if self.base.exists():
            shutil.copytree(self.base, home)
        given = (*self.arguments, "--home", home)
        return crash.ingest(*given, **kill, DOSSIER_PASSAGE_TOKENS=str(self.tokens))

    def measure(self, crash: Crasher, home: Path) -> None:
        """How long it takes now."""
        ended = self.trial(crash, home)
        assert ended.status == 0
        assert ended.stage == "ended"
        self.seconds, self.working = ended.seconds, ended.working
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def crash() -> Iterator[Crasher]:
    with crasher() as ready:
        yield ready


@pytest.fixture(scope="module")
def cases(
    tmp_path_factory: pytest.TempPathFactory, crash: Crasher, embedder: OnnxEmbedder
) -> list[Case]:
    """A first ingest; one that adds, changes and prunes; one that rebuilds for another budget."""
    top = tmp_path_factory.mktemp("crash")
    old, new = top / "old", top / "new"
    for folder in (old, new):
        folder.mkdir()
    for name in PLACES[:6]:
        write_article(old, name)
    base, none = top / "base", top / "none"
    for moved in (False, True):  # two generations, so that the next one removes the first
        if moved:
            write_article(old, "bridge")
        assert crash.ingest(old, "--home", base).status == 0
    shutil.copytree(old, new, dirs_exist_ok=True)
    for name in PLACES[6:]:
        write_article(new, name)
    write_article(new, "bridge", month="August")
    (new / "harbour.md").unlink()

    found = []
    nothing = State(*[frozenset()] * 3, ())
    for name, start, folder, more, tokens in (
        ("first", none, new, (), 200),
        ("rebuild", base, old, (), 64),
        ("next", base, new, ("--prune",), 200),
    ):
        case = Case(start, folder, None, nothing, 0.0, 0.0, (folder, *more), tokens)
        case.before = state_of(start, embedder)
        home = top / name
        ended = case.trial(crash, home)
        assert (ended.status, ended.stage) == (0, "ended")
        case.seconds, case.working = ended.seconds, ended.working
        after = state_of(home, embedder)
        assert after
        assert after != case.before
        case.after = after
        found.append(case)
    return found


def survives(
    case: Case, crash: Crasher, home: Path, embedder: OnnxEmbedder, **kill: object
) -> Ended:
    """Kill one ingest; hold what is left against before and after; then complete it."""
    ended = case.trial(crash, home, **kill)
    assert ended.status in (0, -9)
    left = state_of(home, embedder)
    assert left == (case.after if ended.status == 0 else left)
    assert left in (case.before, case.after), f"neither before nor after: {ended}"
    settings = Settings(_env_file=None, passage_tokens=case.tokens)
    with Archive.open(home, settings=settings, embedder=embedder) as archive:
        archive.ingest(case.folder, prune="--prune" in case.arguments)
        assert all(finding.passed for finding in archive.doctor())
        unfinished = set(archive.status().generations) - {k.name for k in archive.status().kept}
    assert state_of(home, embedder) == case.after
    # Where the killed one had finished, there was nothing to write and so nothing to sweep.
    assert not unfinished or left == case.after
    case.seen["before" if left == case.before else "after"] += 1
    shutil.rmtree(home)
    return ended


def kill_often(
    number: int, cases: list[Case], crash: Crasher, embedder: OnnxEmbedder, folder: Path
) -> Counter[str]:
    """Kill that many ingests, the moments spread evenly over their length."""
    draw = random.Random(number)
    moments = [(trial + draw.random()) / number for trial in range(number)]
    draw.shuffle(moments)
    stages: Counter[str] = Counter()
    for trial, moment in enumerate(moments):
        case = cases[min(trial % 5, 2)]
        if trial % 20 == 19:  # the machine may be busier than it was
            case.measure(crash, folder / "measured")
        opened = trial % 4 > 0  # most of the time goes into opening, which touches little
        after = moment * (case.working if opened else case.seconds)
        home = folder / f"a{trial}"
        ended = survives(case, crash, home, embedder, kill_after=after, opened=opened)
        if ended.status == 0:
            case.seconds, case.working = ended.seconds, ended.working
        stages[ended.stage if ended.status else "ended"] += 1
    lengths = ", ".join(f"{case.seconds:.2f} s" for case in cases)
    print(f"{number} kills over ingests of {lengths} fell in:")
    print(", ".join(f"{stage} {stages[stage]}" for stage in STAGES if stages[stage]))
    print(", ".join(f"{k} {v}" for k, v in sum((case.seen for case in cases), Counter()).items()))
    return stages


@pytest.mark.slow
def test_killed_at_ten_moments(
    cases: list[Case], crash: Crasher, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    stages = kill_often(10, cases, crash, embedder, tmp_path)
    assert len(stages) > 2


@pytest.mark.slow
def test_killed_at_two_hundred_moments(
    cases: list[Case], crash: Crasher, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    stages = kill_often(200, cases, crash, embedder, tmp_path)
    assert len(stages) > 5


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES[1:-1])
def test_killed_as_each_step_begins(
    stage: str, cases: list[Case], crash: Crasher, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    """Some steps are short: chance would seldom hit them."""
    ended = survives(cases[-1], crash, tmp_path / "a", embedder, kill_at=stage)
    assert ended.status == -9


def test_a_killed_ingest_keeps_its_embeddings(
    cases: list[Case], crash: Crasher, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    """What was computed before the kill is not computed again."""
    home = tmp_path / "a"
    case = cases[-1]
    ended = case.trial(crash, home, kill_at="parity")
    assert ended.status == -9
    with Archive.open(home, settings=SETTINGS, embedder=embedder) as archive:
        report = archive.ingest(case.folder, prune=True)
    assert report.added > 0
    assert report.embedded == 0
