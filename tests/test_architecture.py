"""The shape that DESIGN.md gives the house: what may import what, and how large a room may be."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("corpus", "vectorstore", "rag", "evaluation")
MAY_IMPORT = {
    "corpus": set(),
    "vectorstore": {"corpus"},
    "rag": {"corpus", "vectorstore"},
    "evaluation": {"rag", "corpus"},
    "benchmarks": {"rag", "corpus"},
    "app_pages": {"rag", "evaluation"},
    "app.py": {"rag", "app_pages"},
}
"""Which of our packages each may import, itself left out."""
OURS = {name.removesuffix(".py") for name in MAY_IMPORT}
LONGEST = 400


def sources(*places: str) -> list[Path]:
    found = [
        path
        for place in places
        for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
        if path.is_file()
    ]
    assert found
    return found


CODE = [path for place in MAY_IMPORT if (ROOT / place).exists() for path in sources(place)]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every module that a file imports, wherever in it, with the names taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            yield node.module or "", [alias.name for alias in node.names]


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    home = name_of(path).split("/")[0]
    used = {module.split(".")[0] for module, _ in imports(path)} & OURS
    assert used - {home} <= MAY_IMPORT[home]


@pytest.mark.parametrize("place", ["evaluation", "benchmarks"])
def test_measuring_uses_public_names_only(place: str) -> None:
    import rag

    for path in sources(place):
        for module, names in imports(path):
            if place == "evaluation" and module.split(".")[0] == "rag":
                assert module == "rag", f"{name_of(path)} reaches into {module}"
                assert set(names) <= set(rag.__all__)
            assert not any(name.startswith("_") for name in names if module.startswith("rag"))


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_each_library_stays_in_its_room(path: Path) -> None:
    home = name_of(path).split("/")[0]
    used = {module.split(".")[0] for module, _ in imports(path)}
    if home not in ("app.py", "app_pages"):
        assert "streamlit" not in used
    if home == "corpus":
        assert not used & {"llama_index", "chromadb", "numpy", "onnxruntime", "openai"}
    if home in ("rag", "app.py", "app_pages"):
        assert "chromadb" not in used
    assert not used & {"httpx", "httpx2"}


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_what_never_stands_in_the_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "unsafe_allow_html" not in text
    if name_of(path).split("/")[0] not in ("evaluation", "benchmarks"):
        assert "shared/" not in text


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted_and_importable(package: str) -> None:
    modules = [package]
    folder = ROOT / package
    modules += [f"{package}.{found.name}" for found in pkgutil.iter_modules([str(folder)])]
    for name in modules:
        if name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        listed = getattr(module, "__all__", [])
        # As ruff sorts it: constants, then classes, then functions.
        assert len(set(listed)) == len(listed)
        assert listed == sorted(listed, key=_kind), name
        for public in listed:
            assert hasattr(module, public), f"{name}.{public}"


def _kind(name: str) -> tuple[int, str]:
    if name.isupper():
        return 0, name
    return (1, name) if name[0].isupper() else (2, name)


@pytest.mark.parametrize("package", ["corpus", "vectorstore", "rag"])
def test_all_is_complete(package: str) -> None:
    """Every public name that a package's front imports is in its list."""
    path = ROOT / package / "__init__.py"
    taken = {
        name
        for module, names in imports(path)
        for name in names
        if module != "typing" and not name.startswith("_")
    }
    assert set(importlib.import_module(package).__all__) == taken


HEAVY = {"llama_index", "chromadb", "onnxruntime", "streamlit", "openai", "tokenizers", "typer"}


@pytest.mark.parametrize(
    ("module", "barred"),
    [
        ("rag", HEAVY | {"pydantic"}),
        ("rag.types", HEAVY),
        ("rag.cite", HEAVY),
        ("rag.cli", HEAVY - {"typer"}),
        ("corpus", HEAVY | {"numpy", "pydantic"}),
        ("evaluation.questions", HEAVY),
        # The page Evaluation runs with what a user has installed.
        ("evaluation.runs", HEAVY | {"ir_measures", "scipy", "matplotlib"}),
    ],
)
def test_importing_is_light(module: str, barred: set[str]) -> None:
    """Importing loads no framework: the command line's help would take seconds else."""
    script = f"import sys, json, {module}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & barred


def test_the_design_words_of_the_public_calls_exist() -> None:
    from rag import Archive

    for call in (
        "open",
        "ingest",
        "search",
        "ask",
        "stream",
        "article",
        "articles",
        "remove",
        "explain",
        "verify",
        "as_retriever",
        "as_query_engine",
        "status",
        "doctor",
        "close",
    ):
        method = getattr(Archive, call)
        assert method.__doc__, call
