"""An archive as parts of a LlamaIndex program."""

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import BaseNode, MetadataMode, NodeWithScore, QueryBundle, TextNode

from rag.rerank import LazyReader, Reads
from rag.types import Citation, Hit, Reading
from vectorstore import Filters

if TYPE_CHECKING:
    from rag.archive import Archive

__all__ = ["ArchiveQueryEngine", "ArchiveRetriever", "ReaderRerank"]


class ArchiveRetriever(BaseRetriever):
    """Nodes are passages; their metadata is that of their article, with the span.

    A node's score is its hit's.
    """

    def __init__(self, archive: "Archive", *, k: int = 10, filters: Filters | None = None) -> None:
        super().__init__()
        self._archive = archive
        self._k = k
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._archive.search(query_bundle.query_str, k=self._k, filters=self._filters)
        return [NodeWithScore(node=_node(hit.passage_id, hit), score=hit.score) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class ReaderRerank(BaseNodePostprocessor):
    """Any pipeline's nodes in the reader's order, the `top_n` best of them.

    A node's score becomes the probability that it answers the query; its metadata gains
    `short_answer`, the likeliest answer in its words, and `short_answer_probability`. A node's
    title is read with its text where its metadata has one.
    """

    top_n: int = Field(default=10, gt=0)
    _reader: Reads = PrivateAttr()

    def __init__(self, *, reader: Reads | None = None, top_n: int = 10) -> None:
        super().__init__(top_n=top_n)  # type: ignore[call-arg]
        self._reader = reader or LazyReader()

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex serialises."""
        return "ReaderRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("ReaderRerank reads nodes for a query and was given none")
        hits = [_as_hit(rank, found) for rank, found in enumerate(nodes, 1)]
        readings = self._reader.read(query_bundle.query_str, hits)
        read = [
            NodeWithScore(node=_with_answer(found.node, reading), score=reading.relevance)
            for found, reading in zip(nodes, readings, strict=True)
        ]
        return sorted(read, key=lambda found: -(found.score or 0.0))[: self.top_n]


def _with_answer(node: BaseNode, reading: Reading) -> BaseNode:
    """A copy, since the caller's index may hold the node itself; no model reads what is added."""
    added = {"short_answer": reading.text, "short_answer_probability": reading.answer}
    changed: dict[str, Any] = {"metadata": {**node.metadata, **added}}
    for keys in ("excluded_embed_metadata_keys", "excluded_llm_metadata_keys"):
        changed[keys] = [*getattr(node, keys), *added]
    return node.model_copy(update=changed)


def _as_hit(rank: int, found: NodeWithScore) -> Hit:
    text = found.node.get_content(MetadataMode.NONE)
    return Hit(
        rank=rank,
        passage_id=found.node.node_id,
        article_id=found.node.ref_doc_id or found.node.node_id,
        title=str(found.node.metadata.get("title") or ""),
        source="",
        published=None,
        url="",
        path="",
        text=text,
        start=0,
        end=len(text),
        score=found.score or 0.0,
    )


class ArchiveQueryEngine(BaseQueryEngine):
    """`response.metadata["answer"]` is the whole record as plain values."""

    def __init__(self, archive: "Archive", *, filters: Filters | None = None) -> None:
        super().__init__(callback_manager=None)
        self._archive = archive
        self._filters = filters

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self._archive.ask(query_bundle.query_str, filters=self._filters)
        nodes = [
            NodeWithScore(node=_node(f"{c.article_id}-{c.start}-{c.end}", c))
            for c in answer.citations
        ]
        return Response(
            response=answer.text, source_nodes=nodes, metadata={"answer": answer.to_dict()}
        )

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def _node(ident: str, found: Hit | Citation) -> TextNode:
    metadata: dict[str, Any] = {
        "article_id": found.article_id,
        "title": found.title,
        "source": found.source,
        "published": found.published.isoformat() if found.published else None,
        "url": found.url,
        "path": found.path,
        "start": found.start,
        "end": found.end,
    }
    text = found.text if isinstance(found, Hit) else found.passage
    if isinstance(found, Citation):
        metadata |= {"number": found.number, "quote": found.quote}
    return TextNode(
        id_=ident,
        text=text,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=[
            k for k in metadata if k not in ("title", "source", "published")
        ],
    )
