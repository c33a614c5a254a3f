"""The vector index: upserts, LlamaIndex and its filters, damage."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from keeping import PUBLISHED, cut, vector, vectors
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.retrievers import VectorIndexRetriever
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)

from corpus import Article
from rag.embedder import OnnxEmbedder
from rag.writing import article_metadata
from vectorstore import ArchiveDamaged
from vectorstore.chroma import ChromaStore

BRIDGE, HARBOUR, TUNNEL, FERRY = PUBLISHED


def fill(store: ChromaStore, *articles: Article) -> None:
    for one in articles:
        passages = cut(one)
        ids = [passage.id for passage in passages]
        store.upsert(ids, vectors(passages), [article_metadata(one)] * len(ids))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ChromaStore]:
    opened = ChromaStore(tmp_path / "chroma")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaStore]:
    opened = ChromaStore(tmp_path_factory.mktemp("filled"))
    fill(opened, *PUBLISHED)
    yield opened
    opened.close()


def having(key: str, value: str, operator: FilterOperator = FilterOperator.EQ) -> MetadataFilters:
    return MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=operator)])


# --- adding and finding ---


def test_a_vector_finds_itself_first_with_its_cosine(filled: ChromaStore) -> None:
    ids = [passage.id for passage in cut(BRIDGE)]
    hits = filled.nearest(vector(ids[1]), limit=3)
    assert hits[0][0] == ids[1]
    assert hits[0][1] == pytest.approx(1.0, abs=1e-5)
    for ident, score in hits:
        assert score == pytest.approx(float(vector(ident) @ vector(ids[1])), abs=1e-5)
    assert [score for _, score in hits] == sorted((s for _, s in hits), reverse=True)


def test_limits(filled: ChromaStore) -> None:
    assert filled.nearest(vector("any"), limit=0) == []
    assert {ident for ident, _ in filled.nearest(vector("any"), limit=10_000)} == filled.ids()


def test_upsert_replaces_vector_and_metadata(store: ChromaStore) -> None:
    store.upsert(["p"], vector("old")[None], [article_metadata(BRIDGE)])
    bare = Article(text=BRIDGE.text, title=BRIDGE.title, source="The Wire")
    store.upsert(["p"], vector("new")[None], [article_metadata(bare)])
    assert store.ids() == {"p"}
    np.testing.assert_allclose(store.vectors(["p"])["p"], vector("new"), atol=1e-6)
    assert store.nearest(vector("new"), limit=5) == [("p", pytest.approx(1.0, abs=1e-5))]
    by_author = having("authors", "ada moss", FilterOperator.CONTAINS)
    gone = VectorStoreQuery(
        query_embedding=vector("new").tolist(), similarity_top_k=5, filters=by_author
    )
    assert store.query(gone).ids == []


def test_it_is_kept_on_disk(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path / "chroma")
    fill(store, BRIDGE)
    store.close()
    again = ChromaStore(tmp_path / "chroma")
    assert again.ids() == {passage.id for passage in cut(BRIDGE)}
    assert again.nearest(vector(cut(BRIDGE)[0].id), limit=1)[0][0] == cut(BRIDGE)[0].id
    again.close()


def test_closing_one_leaves_another_on_the_same_folder(tmp_path: Path) -> None:
    one, other = ChromaStore(tmp_path), ChromaStore(tmp_path)
    fill(one, BRIDGE)
    one.close()
    assert other.ids() == {passage.id for passage in cut(BRIDGE)}
    other.close()


def test_more_than_one_batch(store: ChromaStore) -> None:
    ids = [f"p{number}" for number in range(600)]
    store.upsert(ids, np.stack([vector(i) for i in ids]), [{"article_id": "a"}] * 600)
    assert store.ids() == set(ids)
    store.delete_nodes(ids[:590])
    assert store.ids() == set(ids[590:])
    assert store.nearest(vector("p595"), limit=1)[0][0] == "p595"


def test_deleting(store: ChromaStore) -> None:
    fill(store, BRIDGE, HARBOUR, FERRY)
    store.delete_nodes([])
    store.delete_nodes(None)
    assert {ident.split("-")[0] for ident in store.ids()} == {BRIDGE.id, HARBOUR.id, FERRY.id}
    store.delete(BRIDGE.id)
    assert {ident.split("-")[0] for ident in store.ids()} == {HARBOUR.id, FERRY.id}
    store.delete_nodes(filters=having("source", "the wire"))
    assert {ident.split("-")[0] for ident in store.ids()} == {FERRY.id}
    store.delete_nodes(["no-such-id"])
    assert store.ids()


def test_arguments_that_cannot_be_are_not_called_damage(filled: ChromaStore) -> None:
    with pytest.raises(ValueError, match="dimension"):
        filled.nearest(np.ones(3, dtype=np.float32), limit=3)
    with pytest.raises(ValueError, match="query embedding"):
        filled.query(VectorStoreQuery(similarity_top_k=1))


# --- filters ---


def test_filters_in_llama_index_form(filled: ChromaStore) -> None:
    def asked(filters: MetadataFilters) -> set[str]:
        query = VectorStoreQuery(
            query_embedding=vector("any").tolist(), similarity_top_k=1000, filters=filters
        )
        return {ident.split("-")[0] for ident in filled.query(query).ids or []}

    day = MetadataFilter(key="day", value=20151113, operator=FilterOperator.GT)
    quay = MetadataFilter(key="source", value="the quay")
    either = MetadataFilters(filters=[day, quay], condition=FilterCondition.OR)
    assert asked(either) == {BRIDGE.id, HARBOUR.id, TUNNEL.id}
    nothing = MetadataFilters(filters=[])
    assert len(asked(nothing)) == len(asked(MetadataFilters(filters=[nothing, nothing]))) == 4
    with pytest.raises(ValueError, match="condition"):
        asked(MetadataFilters(filters=[day], condition=FilterCondition.NOT))
    with pytest.raises(ValueError, match="operator"):
        asked(
            MetadataFilters(
                filters=[MetadataFilter(key="day", value=1, operator=FilterOperator.TEXT_MATCH)]
            )
        )


def test_query_by_node_and_document_ids(filled: ChromaStore) -> None:
    embedding = vector("any").tolist()
    wanted = [cut(BRIDGE)[0].id, cut(FERRY)[1].id]
    query = VectorStoreQuery(query_embedding=embedding, similarity_top_k=99, node_ids=wanted)
    assert set(filled.query(query).ids or []) == set(wanted)
    query = VectorStoreQuery(
        query_embedding=embedding, similarity_top_k=99, node_ids=wanted, doc_ids=[FERRY.id]
    )
    assert filled.query(query).ids == [wanted[1]]


# --- as a part of someone else's LlamaIndex program ---


def node(ident: str, text: str, article_id: str, **metadata: object) -> TextNode:
    source = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=article_id)}
    return TextNode(id_=ident, text=text, metadata=metadata, relationships=source)


def test_llama_index_can_use_it(store: ChromaStore, embedder: OnnxEmbedder) -> None:
    nodes = [
        node("n1", "The harbour bridge will close for repairs in March.", "a1", city="Quayside"),
        node("n2", "A recipe for soup with leeks and potatoes.", "a2", tags=["food", "soup"]),
        node("n3", "Tigers were seen at the edge of the forest.", "a3", city="Quayside", bad={}),
    ]
    index = VectorStoreIndex(
        nodes,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedder,
    )
    retriever = index.as_retriever(similarity_top_k=2)
    [first, second] = retriever.retrieve("When is the bridge shut?")
    assert first.node.node_id == "n1"
    assert first.score is not None
    assert second.score is not None
    assert 1 >= first.score > second.score
    in_town = MetadataFilters(filters=[MetadataFilter(key="city", value="Quayside")])
    soup = index.as_retriever(similarity_top_k=5, filters=in_town).retrieve("How is soup made?")
    assert {hit.node.node_id for hit in soup} == {"n1", "n3"}
    tagged = MetadataFilter(key="tags", value="food", operator=FilterOperator.CONTAINS)
    hits = index.as_retriever(filters=MetadataFilters(filters=[tagged])).retrieve("tiger")
    assert [hit.node.node_id for hit in hits] == ["n2"]
    assert isinstance(retriever, VectorIndexRetriever)
    only = VectorIndexRetriever(index=index, doc_ids=["a3"], similarity_top_k=5)
    assert [hit.node.node_id for hit in only.retrieve("soup")] == ["n3"]
    index.delete_ref_doc("a1")
    assert store.ids() == {"n2", "n3"}


def test_adding_a_node_twice_replaces_it(store: ChromaStore) -> None:
    one = node("n", "text", "a1")
    one.embedding = vector("one").tolist()
    assert store.add([one]) == ["n"]
    one.embedding = vector("two").tolist()
    store.add([one])
    assert store.ids() == {"n"}
    assert store.nearest(vector("two"), limit=9)[0][1] == pytest.approx(1.0, abs=1e-5)


def test_a_node_without_an_embedding(store: ChromaStore) -> None:
    with pytest.raises(ValueError, match="embedding not set"):
        store.add([node("n", "text", "a1")])
    assert store.ids() == set()


# --- damage ---


@pytest.mark.parametrize("data", [b"not a database " * 900, b"SQLite format 3\0" + b"\0" * 9000])
def test_a_damaged_database_says_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(data)
    with pytest.raises(ArchiveDamaged, match="the vector index does not open") as caught:
        ChromaStore(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("x")
    with pytest.raises(ArchiveDamaged, match="does not open"):
        ChromaStore(tmp_path / "chroma")
