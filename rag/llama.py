"""An archive as parts of a LlamaIndex program."""

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.types import Citation, Hit
from vectorstore import Filters

if TYPE_CHECKING:
    from rag.archive import Archive

__all__ = ["ArchiveQueryEngine", "ArchiveRetriever"]


class ArchiveRetriever(BaseRetriever):
    """Nodes are passages; their metadata is that of their article, with the span."""

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
