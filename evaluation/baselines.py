"""The baseline that is not a setting of ours: plain LlamaIndex."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.data import Dataset, Question
from evaluation.systems import Outcome, Passage
from rag import Archive, Settings

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex

__all__ = ["PlainLlamaIndex"]

Report = Callable[[str, int, int], None]

_LLAMAINDEX_PASSAGES = 40


class PlainLlamaIndex:
    """VectorStoreIndex on Chroma, everything at its default but the embedder, which is ours."""

    def __init__(
        self, dataset: Dataset, settings: Settings, *, home: Path, report: Report | None = None
    ) -> None:
        self._dataset = dataset
        self.digest = dataset.digest
        archive = Archive.open(home / "none", settings=settings)
        self._embedder = archive.embedder
        self._index = self._build(home / "llamaindex", report or (lambda *_: None))
        self.lost: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """The embedder's, since the splitter is LlamaIndex's own."""
        import llama_index.core

        return f"{self._embedder.fingerprint} | llama-index-core {llama_index.core.__version__}"

    def close(self) -> None:
        """Nothing is held open that outlives the process."""

    def _build(self, home: Path, report: Report) -> "VectorStoreIndex":
        import chromadb
        from llama_index.core import Document as LlamaDocument
        from llama_index.core import StorageContext, VectorStoreIndex
        from llama_index.vector_stores.chroma import ChromaVectorStore

        client = chromadb.PersistentClient(path=str(home))
        done = home / ".complete"
        if not done.exists():
            for known in client.list_collections():
                client.delete_collection(known.name)
        collection = client.get_or_create_collection("articles", embedding_function=None)
        store = ChromaVectorStore(chroma_collection=collection)
        if done.exists():
            return VectorStoreIndex.from_vector_store(store, embed_model=self._embedder)
        documents = [
            LlamaDocument(
                text=d.text,
                metadata={"article": d.doc_id, "title": d.title},
                excluded_embed_metadata_keys=["article"],  # the id is not a part of the text
            )
            for d in self._dataset.documents
        ]
        context = StorageContext.from_defaults(vector_store=store)
        index = VectorStoreIndex([], storage_context=context, embed_model=self._embedder)
        for number, document in enumerate(documents, 1):
            index.insert(document)
            report("embedding", number, len(documents))
        done.touch()
        return index

    def ask(self, question: Question, *, pooled: bool) -> Outcome:
        """Retrieve; there is no answer."""
        from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters

        filters = None
        if question.doc_ids and not pooled:
            listed = list(question.doc_ids)
            filters = MetadataFilters(
                filters=[MetadataFilter(key="article", value=listed, operator=FilterOperator.IN)]
            )
        retriever = self._index.as_retriever(similarity_top_k=_LLAMAINDEX_PASSAGES, filters=filters)
        began = time.monotonic()
        found = retriever.retrieve(question.question)
        seconds = round(time.monotonic() - began, 4)
        return Outcome(
            passages=[
                Passage(str(n.node.metadata["article"]), n.node.get_content()) for n in found
            ],
            relevant=None,  # its passages are cut otherwise: ranked by article only
            answer=None,
            timings={"search": seconds},
        )
