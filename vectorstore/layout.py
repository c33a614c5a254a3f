"""Where things lie in an archive's folder, and the small files that say which index is live."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import uuid
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vectorstore.errors import REBUILD, ArchiveDamaged
from vectorstore.types import MANIFEST_FORMAT, Fingerprint, Manifest

__all__ = ["GenerationFiles", "Layout", "copy_tree", "sync_tree", "write_atomically"]


@dataclass(frozen=True, slots=True)
class GenerationFiles:
    """The files of one generation."""

    folder: Path

    @property
    def catalog(self) -> Path:
        """The SQLite catalog."""
        return self.folder / "catalog.db"

    @property
    def chroma(self) -> Path:
        """The folder of the embedded Chroma."""
        return self.folder / "chroma"

    @property
    def manifest(self) -> Path:
        """What this generation is."""
        return self.folder / "manifest.json"

    @property
    def leases(self) -> Path:
        """Lock files of the processes that read it."""
        return self.folder / "readers"

    def read_manifest(self) -> Manifest:
        """Raises ArchiveDamaged where it is missing or not of this format."""
        try:
            data = json.loads(self.manifest.read_text(encoding="utf-8"))
            if data["format"] != MANIFEST_FORMAT:
                raise ArchiveDamaged(
                    f"{self.manifest} has format {data['format']}; this version reads"
                    f" {MANIFEST_FORMAT}: ingest into a new archive"
                )
            data["checksums"] = dict(data.get("checksums", {}).items())
            return Manifest(**{**data, "fingerprint": Fingerprint(**data["fingerprint"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArchiveDamaged(f"{self.manifest} cannot be read ({error}): {REBUILD}") from error

    def checksums(self, folder: Path) -> dict[str, str]:
        """SHA-256 of the files that no reader changes in `folder`: this, one in it, or `catalog`.

        Chroma rewrites chroma.sqlite3 at every opening, and an HNSW index until its first saving.
        """
        saved = (path.parent for path in folder.rglob("index_metadata.pickle"))
        paths = [path for place in saved for path in place.iterdir()]
        if folder in (self.folder, self.catalog):
            paths.append(self.catalog)
        found = {}
        for path in sorted(paths):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(self.folder).as_posix()] = digest
        return found

    def verify(self, manifest: Manifest, folder: Path) -> None:
        """Raises ArchiveDamaged where files in `folder` are not as they were written.

        An HNSW file with a few wrong bytes does not fail to load: it ends the process.
        """
        if not manifest.checksums:
            return
        try:
            found = self.checksums(folder)
        except OSError as error:
            raise ArchiveDamaged(
                f"{folder} cannot be read ({error.strerror}): {REBUILD}"
            ) from error
        place = folder.relative_to(self.folder).as_posix()
        wanted = {
            name: digest
            for name, digest in manifest.checksums.items()
            if place in (".", name) or name.startswith(f"{place}/")
        }
        changed = [n for n in found.keys() | wanted.keys() if found.get(n) != wanted.get(n)]
        if changed:
            path = self.folder / min(changed)
            raise ArchiveDamaged(f"{path} is not as it was written: {REBUILD}")

    def write_manifest(self, manifest: Manifest) -> None:
        """Write it whole."""
        write_atomically(self.manifest, json.dumps(asdict(manifest), indent=2) + "\n")


@dataclass(frozen=True, slots=True)
class Layout:
    """An archive's folder."""

    home: Path

    @property
    def pointer(self) -> Path:
        """CURRENT, which names the live generation."""
        return self.home / "CURRENT"

    @property
    def index(self) -> Path:
        """The folder of generations."""
        return self.home / "index"

    @property
    def embeddings(self) -> Path:
        """The embedding cache."""
        return self.home / "embeddings.db"

    @property
    def writer_lock(self) -> Path:
        """Held by the one process that writes."""
        return self.home / "writer.lock"

    @property
    def identity(self) -> Path:
        """What tells this archive from others on a Chroma server; made at its first use."""
        return self.home / "archive.id"

    def archive_id(self) -> str:
        """12 hex digits of this archive's own. For writers: they are drawn where there are none."""
        try:
            ident = self.identity.read_text(encoding="utf-8").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            ident = ""
        if not re.fullmatch("[0-9a-f]{12}", ident):
            ident = uuid.uuid4().hex[:12]
            write_atomically(self.identity, ident + "\n")
        return ident

    def generation(self, name: str) -> GenerationFiles:
        """The files of a generation by name."""
        return GenerationFiles(self.index / name)

    def names(self) -> list[str]:
        """Every generation folder, oldest first; unfinished ones among them."""
        return sorted(p.name for p in self.index.glob("g*") if p.is_dir())

    def current(self) -> str | None:
        """The live generation's name, None where nothing was ever ingested."""
        try:
            name = _read(self.pointer).decode().strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ArchiveDamaged(f"{self.pointer} cannot be read ({error})") from error
        if not name.startswith("g") or not name[1:].isdigit():
            raise ArchiveDamaged(f"{self.pointer} does not name a generation: {REBUILD}")
        return name

    def next_name(self) -> str:
        """A name that no generation has had."""
        # The live one's folder may be lost, and a reader that had it open still knows its name.
        names = [*self.names(), self.current() or ""]
        taken = [int(name[1:]) for name in names if name[1:].isdigit()]
        return f"g{max(taken, default=0) + 1:06d}"


def _read(path: Path) -> bytes:
    """A small file, by as few calls of the system as can be: every search reads one, and with many
    at a time a thread may wait for its next turn at each call."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 1024)
    finally:
        os.close(file)


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file in one step, durably."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, SQLite files by SQLite's backup so that none is copied half written."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.rglob("*"):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
        elif path.suffix == ".sqlite3":
            address = f"{path.absolute().as_uri()}?mode=ro"
            with (
                closing(sqlite3.connect(address, uri=True)) as old,
                closing(sqlite3.connect(copy)) as new,
            ):
                old.backup(new)
        elif not path.name.endswith(("-wal", "-shm", "-journal")):
            shutil.copyfile(path, copy)


def sync_tree(folder: Path) -> None:
    """Flush every file of a folder to the disk."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems do not sync folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
