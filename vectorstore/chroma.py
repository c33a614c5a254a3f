"""Passage vectors in a Chroma collection, embedded or on a server, as a LlamaIndex vector store."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.collection_configuration import (
    CreateCollectionConfiguration,
    CreateHNSWConfiguration,
)
from chromadb.config import Settings
from chromadb.errors import ChromaError, InvalidArgumentError, InvalidDimensionException
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from numpy.typing import NDArray

from vectorstore.errors import REBUILD, ArchiveDamaged, ArchiveNotWritable
from vectorstore.server import ChromaServer, ServerCollection
from vectorstore.types import EMBEDDED

__all__ = ["ChromaStore"]

_COLLECTION = "passages"
_UPSERT_BATCH = 250
_HNSW = CreateHNSWConfiguration(
    space="cosine", max_neighbors=32, ef_construction=200, ef_search=200
)

_REFUSED = r"\b(?:full|read-?only|permission|no space|too large|quota|disk i/o)\b"
"""What the system's refusals to write say of themselves."""

_OPERATORS = {
    FilterOperator.EQ: "$eq",
    FilterOperator.NE: "$ne",
    FilterOperator.GT: "$gt",
    FilterOperator.GTE: "$gte",
    FilterOperator.LT: "$lt",
    FilterOperator.LTE: "$lte",
    FilterOperator.IN: "$in",
    FilterOperator.NIN: "$nin",
    FilterOperator.CONTAINS: "$contains",
}
_CONDITIONS = {FilterCondition.AND: "$and", FilterCondition.OR: "$or"}


class ChromaStore(BasePydanticVectorStore):
    """Vectors and filterable metadata; the text stays in the catalog (or a docstore).

    Adding an id that is there replaces it. `query` gives ids and cosine similarities (-1 to 1),
    best first. Errors of Chroma are raised as ArchiveDamaged or ArchiveNotWritable, those of a
    server as VectorServerUnavailable.
    """

    stores_text: bool = False
    is_embedding_query: bool = True
    _client: Client | None = PrivateAttr(default=None)
    _server: ChromaServer | None = PrivateAttr(default=None)
    _collection: Any = PrivateAttr()
    _known: Any = PrivateAttr()

    def __init__(
        self,
        place: Path | ServerCollection,
        *,
        create: bool = True,
        known: Callable[[Sequence[str]], Collection[str]] | None = None,
    ) -> None:
        """Open a folder, made where it is missing, or a server's collection, so with `create`.

        `known` gives those of some ids that a search may find; a collection on a server can hold
        more than its reader's catalog does.
        """
        super().__init__(stores_text=False)
        self._known = known
        if isinstance(place, ServerCollection):
            server = ChromaServer(place.url)
            try:
                made = CreateCollectionConfiguration(hnsw=_HNSW) if create else None
                self._collection = server.collection(place.name, create=made)
            except BaseException:
                server.close()
                raise
            self._server = server
            return
        with _chroma(f"{place}: the vector index does not open"):
            settings = Settings(anonymized_telemetry=False)
            client = chromadb.PersistentClient(path=str(place), settings=settings)
            self._client = cast("Client", client)  # the interface lacks `close`
            self._collection = self._client.get_or_create_collection(
                _COLLECTION, configuration={"hnsw": _HNSW}, embedding_function=None
            )

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex serialises."""
        return "ChromaStore"

    @property
    def client(self) -> Any:
        """The Chroma client; on a server, the interface that its client calls."""
        return self._server.api if self._server else self._client

    def close(self) -> None:
        """Let go of files and connections; the store is of no use afterwards."""
        if self._server:
            self._server.close()
        if self._client:
            self._client.close()

    @property
    def shared(self) -> bool:
        """Whether other generations keep vectors in the same place."""
        return self._server is not None

    @property
    def collection(self) -> str:
        """Where the vectors are: EMBEDDED, or the name of the server's collection."""
        return str(self._collection.name) if self._server else EMBEDDED

    def _calling(self, failing: str) -> AbstractContextManager[None]:
        return self._server.answering() if self._server else _chroma(failing)

    # What LlamaIndex calls

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:  # noqa: ARG002
        """Upsert nodes with their embeddings. Raises ValueError where one has none."""
        ids = [node.node_id for node in nodes]
        vectors = np.asarray([node.get_embedding() for node in nodes], dtype=np.float32)
        metadatas = [_node_metadata(node) for node in nodes]
        self.upsert(ids, vectors, metadatas)
        return ids

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:  # noqa: ARG002
        """Delete every passage of an article."""
        with self._calling("the vector index cannot be written"):
            self._collection.delete(where={"article_id": ref_doc_id})

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Delete passages by id, or by filters, or those that both name."""
        if not node_ids and filters is None:
            return
        for start in range(0, len(node_ids or [""]), _UPSERT_BATCH):
            chunk = node_ids[start : start + _UPSERT_BATCH] if node_ids else None
            with self._calling("the vector index cannot be written"):
                self._collection.delete(ids=chunk, where=_where(filters))

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:  # noqa: ARG002
        """The nearest passages: ids and cosine similarities, best first."""
        if query.query_embedding is None:
            raise ValueError("a query embedding is needed")
        clauses = [
            _where(query.filters),
            _is_in("passage_id", query.node_ids),
            _is_in("article_id", query.doc_ids),
        ]
        found = self.nearest(
            np.asarray(query.query_embedding, dtype=np.float32),
            limit=query.similarity_top_k,
            where=_combined("$and", clauses),
        )
        return VectorStoreQueryResult(
            ids=[ident for ident, _ in found], similarities=[score for _, score in found]
        )

    # What the archive calls

    def upsert(
        self, ids: Sequence[str], vectors: NDArray[np.float32], metadatas: Sequence[dict[str, Any]]
    ) -> None:
        """Add or replace vectors, one row of the array for each id."""
        for start in range(0, len(ids), _UPSERT_BATCH):
            part = slice(start, start + _UPSERT_BATCH)
            chunk = list(ids[part])
            given = [{**m, "passage_id": i} for i, m in zip(chunk, metadatas[part], strict=True)]
            with self._calling("the vector index cannot be written"):
                # Chroma adds new metadata to the old; a key that is gone must be given as None.
                old = self._collection.get(ids=chunk, include=["metadatas"])
                pairs = zip(old["ids"], old["metadatas"], strict=True)
                keys = {ident: dict.fromkeys(metadata or ()) for ident, metadata in pairs}
                self._collection.upsert(
                    ids=chunk,
                    embeddings=vectors[part],
                    metadatas=[{**keys.get(m["passage_id"], {}), **m} for m in given],
                )

    def nearest(
        self, vector: NDArray[np.float32], *, limit: int, where: dict[str, Any] | None = None
    ) -> list[tuple[str, float]]:
        """(id, cosine similarity) of the nearest vectors, best first."""
        if limit < 1:
            return []
        asked = limit
        while True:
            with self._calling("the vector index does not answer"):
                found = self._collection.query(
                    query_embeddings=[vector], n_results=asked, where=where, include=["distances"]
                )
            pairs = list(zip(found["ids"][0], found["distances"][0], strict=True))
            known = self._known([ident for ident, _ in pairs]) if self._known else None
            kept = [
                (ident, 1.0 - distance)
                for ident, distance in pairs
                if known is None or ident in known
            ]
            if len(kept) >= limit or len(pairs) < asked or known is None:
                return kept[:limit]
            asked *= 4  # strangers took the places of known ones

    def ids(self) -> set[str]:
        """Every id that the index lists."""
        with self._calling("the vector index does not answer"):
            return set(self._collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors by id."""
        with self._calling("the vector index does not answer"):
            found = self._collection.get(ids=list(ids), include=["embeddings"])
        return dict(zip(found["ids"], found["embeddings"], strict=True))


@contextmanager
def _chroma(failing: str) -> Iterator[None]:
    """Turn Chroma's errors into ours, which open with `failing`; a wrong argument stays one."""
    try:
        yield
    except (InvalidArgumentError, InvalidDimensionException) as error:
        raise ValueError(str(error)) from error
    except (ChromaError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        if re.search(_REFUSED, reason, re.IGNORECASE):
            raise ArchiveNotWritable(f"{failing} ({reason})") from error
        raise ArchiveDamaged(f"{failing} ({reason}): {REBUILD}") from error
    except BaseException as error:
        # A panic of Chroma's Rust is no Exception, and its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        reason = " ".join(str(error).split())
        raise ArchiveDamaged(f"{failing} ({reason}): {REBUILD}") from error


def _node_metadata(node: BaseNode) -> dict[str, Any]:
    """What Chroma can filter on: numbers, strings, booleans and lists of strings."""
    kept = {key: value for key, value in node.metadata.items() if _is_filterable(value)}
    return {**kept, "article_id": node.ref_doc_id or node.node_id}


def _is_filterable(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(part, str) for part in value)
    return isinstance(value, str | int | float)


def _where(filters: MetadataFilters | None) -> dict[str, Any] | None:
    if filters is None:
        return None
    condition = _CONDITIONS.get(filters.condition or FilterCondition.AND)
    if condition is None:
        raise ValueError(f"the filter condition {filters.condition} is not supported")
    parts = filters.filters
    clauses = [_where(p) if isinstance(p, MetadataFilters) else _clause(p) for p in parts]
    return _combined(condition, clauses)


def _combined(condition: str, clauses: Sequence[dict[str, Any] | None]) -> dict[str, Any] | None:
    given = [clause for clause in clauses if clause]
    return {condition: given} if len(given) > 1 else next(iter(given), None)


def _is_in(key: str, values: Sequence[str] | None) -> dict[str, Any] | None:
    return {key: {"$in": list(values)}} if values else None


def _clause(part: MetadataFilter) -> dict[str, Any]:
    if part.operator not in _OPERATORS:
        raise ValueError(f"the filter operator {part.operator} is not supported")
    return {part.key: {_OPERATORS[part.operator]: part.value}}
