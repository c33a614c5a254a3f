"""Where an archive's vectors are: in a generation's own folder, or on a Chroma server.

On a server one collection serves every generation since it was built from nothing. A writer adds
to it what is new; what no kept generation lists any more goes after the switch. So it may hold
vectors that a reader's catalog does not know, and those are never found.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.catalog import Catalog
from vectorstore.errors import (
    REBUILD,
    ArchiveDamaged,
    StoreError,
    VectorsElsewhere,
    translated,
)
from vectorstore.layout import GenerationFiles, Layout, copy_tree
from vectorstore.types import EMBEDDED, Manifest

if TYPE_CHECKING:
    from vectorstore.chroma import ChromaStore

__all__ = ["VectorPlace"]


class VectorPlace:
    """Where the settings want the vectors of the archive at `layout`.

    `chroma_url` is the server's address, "" for the generation's folder.
    """

    def __init__(self, layout: Layout, *, chroma_url: str = "") -> None:
        self._layout = layout
        self._url = chroma_url

    def shown(self, manifest: Manifest) -> str:
        """Where a generation's vectors are, for people."""
        if manifest.vectors == EMBEDDED:
            return EMBEDDED
        from vectorstore.server import shown_url

        server = shown_url(self._url) if self._url else "a Chroma server that is not named"
        return f"{manifest.vectors} at {server}"

    def embeds(self, manifest: Manifest) -> bool:
        """Whether the vectors are in the generation's folder, where they are looked for too."""
        return not self._url and manifest.vectors == EMBEDDED

    def fits(self, manifest: Manifest) -> bool:
        """Whether a writer can go on from where the vectors are; else they are built anew."""
        if not self._url or manifest.vectors == EMBEDDED:
            return self.embeds(manifest)
        from vectorstore.server import ChromaServer

        if not manifest.vectors.startswith(self._prefix()):
            return False  # of the archive that this one is a copy of
        with ChromaServer(self._url) as server:
            return manifest.vectors in server.names(manifest.vectors)

    def open(
        self, manifest: Manifest, files: GenerationFiles, catalog: Catalog
    ) -> tuple["ChromaStore", Path | None]:
        """A generation's vectors to search, and a copy to remove at the end where one was made.

        Raises VectorsElsewhere, ArchiveDamaged, VectorServerUnavailable.
        """
        from vectorstore.chroma import ChromaStore
        from vectorstore.server import ServerCollection

        self._check(manifest)
        if self._url:
            collection = ServerCollection(url=self._url, name=manifest.vectors)
            return ChromaStore(collection, create=False, known=catalog.passing), None
        if not files.chroma.is_dir():
            raise ArchiveDamaged(f"{files.chroma} is missing: {REBUILD}")
        files.verify(manifest, files.chroma)
        if os.access(files.chroma, os.W_OK):
            return ChromaStore(files.chroma), None
        # Opening rewrites chroma.sqlite3, so a read-only archive is read from a copy.
        copy = Path(tempfile.mkdtemp(prefix="dossier-"))
        try:
            with translated(copy):
                copy_tree(files.chroma, copy)
            return ChromaStore(copy), copy
        except BaseException:
            shutil.rmtree(copy, ignore_errors=True)
            raise

    def begin(self, files: GenerationFiles, *, live: GenerationFiles | None) -> "ChromaStore":
        """The vectors of a new generation: those of the live one to go on from, or none yet.

        Raises VectorsElsewhere, ArchiveDamaged, VectorServerUnavailable.
        """
        from vectorstore.chroma import ChromaStore
        from vectorstore.server import ChromaServer, ServerCollection

        old = live.read_manifest() if live else None
        if old:
            self._check(old)
        if not self._url:
            if live:
                copy_tree(live.chroma, files.chroma)
            return ChromaStore(files.chroma)
        if old:
            return ChromaStore(ServerCollection(url=self._url, name=old.vectors), create=False)
        name = self._prefix() + files.folder.name
        with ChromaServer(self._url) as server:
            server.drop(name)  # a writer that failed can have left one
        return ChromaStore(ServerCollection(url=self._url, name=name))

    def sweep(self, collection: str, strangers: set[str]) -> None:
        """Delete from the server what no kept generation lists; what fails is for the next time.

        `strangers` are the ids in the live generation's collection that it does not list itself.
        """
        if not self._url:
            return
        from vectorstore.chroma import ChromaStore
        from vectorstore.server import ChromaServer, ServerCollection

        prefix = self._prefix()
        with suppress(StoreError):
            used = set()
            for files in map(self._layout.generation, self._layout.names()):
                if files.manifest.is_file():
                    vectors = files.read_manifest().vectors
                    used.add(vectors)
                    if strangers and vectors == collection:
                        catalog = Catalog(files.catalog)
                        strangers = strangers - catalog.passage_ids()
                        catalog.close()
            if strangers and collection.startswith(prefix):
                place = ServerCollection(url=self._url, name=collection)
                store = ChromaStore(place, create=False)
                try:
                    store.delete_nodes(sorted(strangers))
                finally:
                    store.close()
            with ChromaServer(self._url) as server:
                for name in server.names(prefix) - used:
                    server.drop(name)

    def _prefix(self) -> str:
        """What the names of this archive's collections begin with. For writers."""
        return f"dossier-{self._layout.archive_id()}-"

    def _check(self, manifest: Manifest) -> None:
        home = self._layout.home
        again = f"ingest once more (python -m rag ingest PATH --home {home})"
        if self._url and manifest.vectors == EMBEDDED:
            raise VectorsElsewhere(
                f"the vectors of {home} are in its own folder and DOSSIER_CHROMA_URL names a"
                f" server: unset it, or {again} to put them there"
            )
        if not self._url and manifest.vectors != EMBEDDED:
            raise VectorsElsewhere(
                f"the vectors of {home} are on a Chroma server: set DOSSIER_CHROMA_URL to its"
                f" address, or {again} to keep them in the folder"
            )
