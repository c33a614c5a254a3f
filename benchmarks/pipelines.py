"""The contenders of benchmarks/peers.py, each as its own documentation would write it.

Passages are cut to about the same length: ours to 200 tokens of the model; LlamaIndex's to 200 of
its own tokens with 20 of overlap; LangChain's, which txtai is given too, to 900 characters with
100 of overlap. All but ours and `LlamaIndexOurs` run the same fp32 weights on torch.

Libraries are imported when a contender is made: each runs in a process of its own.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

# mypy: disable-error-code="import-not-found, import-untyped, no-any-return, unused-ignore"
# ruff: noqa: D102 -- the methods are those of Pipeline

_LLAMAINDEX: dict[str, Any] = {"chunk_size": 200, "chunk_overlap": 20}
_LANGCHAIN: dict[str, Any] = {"chunk_size": 900, "chunk_overlap": 100}
_COLLECTION = "articles"
_AT_ONCE = 5000
"""Passages that are given to Chroma at once; it takes 5,461."""


class Pipeline(Protocol):
    """A way to make articles searchable. It is made with its libraries and model loaded."""

    def ingest(self, files: Path, home: Path) -> int:
        """Bring the index at `home` up to date with a folder; the number of passages in it."""

    def open(self, home: Path) -> None:
        """Open what was ingested."""

    def search(self, query: str, k: int) -> list[str]:
        """The file names of the `k` best passages, best first."""


class Dossier:
    """This project."""

    def __init__(self, *, load: bool = True) -> None:
        from rag import Archive

        self._open = Archive.open
        self._archive: Any = None
        if load:
            import chromadb  # noqa: F401

            import rag.ingest  # noqa: F401
            from rag.embedder import load_embedder

            load_embedder().embed(["warm"])

    def ingest(self, files: Path, home: Path) -> int:
        with self._open(home) as archive:
            return archive.ingest(files).passages

    def open(self, home: Path) -> None:
        self._archive = self._open(home)

    def search(self, query: str, k: int) -> list[str]:
        # The others do not reread what they find; benchmarks/reader.py has what that takes.
        return [Path(hit.path).name for hit in self._archive.search(query, k=k, rerank=False)]


class LlamaIndex:
    """VectorStoreIndex on Chroma with HuggingFaceEmbedding; run again, it embeds all again."""

    def __init__(self) -> None:
        import chromadb  # noqa: F401
        from llama_index.core import Settings
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: F401

        self._retrievers: dict[int, Any] = {}
        self._index: Any = None
        Settings.llm = None  # nothing is written here; the default would ask for a key
        Settings.embed_model = self._embedding()
        Settings.node_parser = SentenceSplitter(**_LLAMAINDEX)
        Settings.embed_model.get_text_embedding("warm")

    def _embedding(self) -> Any:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        from benchmarks.contenders import peer_folder

        return HuggingFaceEmbedding(model_name=str(peer_folder()))

    def _store(self, home: Path) -> Any:
        import chromadb
        from llama_index.vector_stores.chroma import ChromaVectorStore

        client = chromadb.PersistentClient(path=str(home))
        collection = client.get_or_create_collection(_COLLECTION, embedding_function=None)
        return ChromaVectorStore(chroma_collection=collection)

    def ingest(self, files: Path, home: Path) -> int:
        from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex

        documents = SimpleDirectoryReader(str(files)).load_data()
        store = self._store(home)
        context = StorageContext.from_defaults(vector_store=store)
        VectorStoreIndex.from_documents(documents, storage_context=context)
        return store.client.count()

    def open(self, home: Path) -> None:
        from llama_index.core import VectorStoreIndex

        self._index = VectorStoreIndex.from_vector_store(self._store(home))

    def search(self, query: str, k: int) -> list[str]:
        if k not in self._retrievers:
            self._retrievers[k] = self._index.as_retriever(similarity_top_k=k)
        found = self._retrievers[k].retrieve(query)
        return [hit.node.metadata["file_name"] for hit in found]


class LlamaIndexOurs(LlamaIndex):
    """The same with our embedder."""

    def _embedding(self) -> Any:
        from rag.embedder import load_embedder

        return load_embedder()


class LlamaIndexKept(LlamaIndexOurs):
    """The same, by an IngestionPipeline whose docstore knows which documents have changed."""

    def ingest(self, files: Path, home: Path) -> int:
        from llama_index.core import Settings, SimpleDirectoryReader
        from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
        from llama_index.core.storage.docstore import SimpleDocumentStore

        store, kept = self._store(home), home / "docstore.json"
        docstore = SimpleDocumentStore()
        if kept.exists():
            docstore = SimpleDocumentStore.from_persist_path(str(kept))
        pipeline = IngestionPipeline(
            transformations=[Settings.node_parser, Settings.embed_model],
            vector_store=store,
            docstore=docstore,
            docstore_strategy=DocstoreStrategy.UPSERTS,
            disable_cache=True,
        )
        documents = SimpleDirectoryReader(str(files), filename_as_id=True).load_data()
        pipeline.run(documents=documents)
        docstore.persist(str(kept))
        return store.client.count()


class LangChain:
    """Chroma with HuggingFaceEmbeddings; run again, it embeds all again."""

    def __init__(self) -> None:
        from langchain_chroma import Chroma  # noqa: F401
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        from benchmarks.contenders import peer_folder

        self._embeddings = HuggingFaceEmbeddings(model_name=str(peer_folder()))
        self._splitter = RecursiveCharacterTextSplitter(**_LANGCHAIN)
        self._chroma: Any = None
        self._embeddings.embed_query("warm")

    def _documents(self, files: Path) -> list[Any]:
        from langchain_core.documents import Document

        documents = [
            Document(page_content=path.read_text(encoding="utf-8"), metadata={"source": path.name})
            for path in sorted(files.iterdir())
        ]
        return self._splitter.split_documents(documents)

    def _add(self, chroma: Any, documents: list[Any], home: Path) -> None:  # noqa: ARG002
        for start in range(0, len(documents), _AT_ONCE):
            chroma.add_documents(documents[start : start + _AT_ONCE])

    def ingest(self, files: Path, home: Path) -> int:
        self.open(home)
        self._add(self._chroma, self._documents(files), home)
        return len(self._chroma.get(include=[])["ids"])

    def open(self, home: Path) -> None:
        from langchain_chroma import Chroma

        self._chroma = Chroma(
            collection_name=_COLLECTION,
            embedding_function=self._embeddings,
            persist_directory=str(home),
        )

    def search(self, query: str, k: int) -> list[str]:
        return [hit.metadata["source"] for hit in self._chroma.similarity_search(query, k=k)]


class LangChainKept(LangChain):
    """The same, by `index` with a record manager that knows which documents have changed."""

    def _add(self, chroma: Any, documents: list[Any], home: Path) -> None:
        from langchain_classic.indexes import SQLRecordManager
        from langchain_core.indexing import index

        manager = SQLRecordManager(_COLLECTION, db_url=f"sqlite:///{home}/records.db")
        manager.create_schema()
        index(
            documents,
            manager,
            chroma,
            cleanup="incremental",
            source_id_key="source",
            key_encoder="sha256",
        )


class Txtai:
    """Embeddings with content, which keeps texts in SQLite and vectors in Faiss.

    Its SQLite connection is one for all threads and refuses two at once: searches take turns.
    """

    def __init__(self) -> None:
        self._turn = Lock()
        from langchain_text_splitters import RecursiveCharacterTextSplitter
        from txtai import Embeddings

        from benchmarks.contenders import peer_folder

        self._splitter = RecursiveCharacterTextSplitter(**_LANGCHAIN)
        self._embeddings = Embeddings(path=str(peer_folder()), content=True)
        self._embeddings.transform("warm")

    def _rows(self, files: Path) -> Iterable[tuple[str, str]]:
        for path in sorted(files.iterdir()):
            parts = self._splitter.split_text(path.read_text(encoding="utf-8"))
            yield from ((f"{path.name}#{number}", part) for number, part in enumerate(parts))

    def ingest(self, files: Path, home: Path) -> int:
        self._embeddings.index(self._rows(files))
        self._embeddings.save(str(home))
        return self._embeddings.count()

    def open(self, home: Path) -> None:
        self._embeddings.load(str(home))

    def search(self, query: str, k: int) -> list[str]:
        with self._turn:
            return [hit["id"].split("#")[0] for hit in self._embeddings.search(query, k)]


PIPELINES: dict[str, Callable[[], Pipeline]] = {
    "dossier": Dossier,
    "llamaindex-ours": LlamaIndexOurs,
    "llamaindex": LlamaIndex,
    "langchain": LangChain,
    "txtai": Txtai,
    "llamaindex-kept": LlamaIndexKept,
    "langchain-kept": LangChainKept,
}
