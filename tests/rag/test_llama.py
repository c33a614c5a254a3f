"""An archive inside someone else's LlamaIndex program."""

import asyncio
import json
import threading
from typing import Any

import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import MetadataMode

from rag import Archive, Filters

AIRLINER = "How many people died aboard the airliner?"


class Echo(CustomLLM):
    """Says whether the prompt holds a number: enough to see that passages arrive."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=8192, num_output=64)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text="224 was given" if "224" in prompt else "nothing was given")

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: Any
    ) -> CompletionResponseGen:
        raise NotImplementedError


def test_retriever(archive: Archive) -> None:
    retriever = archive.as_retriever(k=5)
    assert isinstance(retriever, BaseRetriever)
    nodes = retriever.retrieve(AIRLINER)
    hits = archive.search(AIRLINER, k=5)
    assert [node.node_id for node in nodes] == [hit.passage_id for hit in hits]
    assert [node.score for node in nodes] == [hit.score for hit in hits]
    for node, hit in zip(nodes, hits, strict=True):
        assert node.text == hit.text
        assert node.metadata["article_id"] == hit.article_id
        json.dumps(node.metadata)
        shown = node.node.get_content(MetadataMode.LLM)
        assert hit.title in shown
        assert hit.path not in shown
        assert node.node.get_content(MetadataMode.EMBED) == hit.text


def test_retriever_with_filters(archive: Archive) -> None:
    retriever = archive.as_retriever(k=20, filters=Filters(sources=["Meridian Wire"]))
    assert {n.metadata["source"] for n in retriever.retrieve("Paris")} == {"Meridian Wire"}


def test_in_a_query_engine_of_llama_index(archive: Archive) -> None:
    engine = RetrieverQueryEngine(
        retriever=archive.as_retriever(k=4),
        response_synthesizer=get_response_synthesizer(
            llm=Echo(), response_mode=ResponseMode.COMPACT
        ),
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.0)],
    )
    response = engine.query(AIRLINER)
    assert str(response) == "224 was given"
    assert len(response.source_nodes) == 4
    assert str(asyncio.run(engine.aquery(AIRLINER))) == "224 was given"


def test_retrieving_leaves_the_event_loop_free(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = archive.as_retriever(k=3)
    search = archive.search
    here, turned = threading.Event(), threading.Event()
    together = threading.Barrier(4, action=here.set, timeout=60)

    def waiting(*given: Any, **options: Any) -> Any:
        together.wait()  # one after the other they would wait here in vain
        assert turned.wait(60), "the loop was held up"
        return search(*given, **options, rerank=False)

    monkeypatch.setattr(archive, "search", waiting)

    async def retrieve() -> list[Any]:
        async def turn() -> None:
            while not here.is_set():
                await asyncio.sleep(0.01)
            for _ in range(5):  # while all four are searching
                await asyncio.sleep(0.01)
            turned.set()

        turning = asyncio.create_task(turn())
        found = await asyncio.gather(*(retriever.aretrieve(AIRLINER) for _ in range(4)))
        await turning
        return found

    found = asyncio.run(retrieve())
    assert len({tuple(node.node_id for node in nodes) for nodes in found}) == 1


def assert_cited(archive: Archive, response: Response) -> None:
    record = response.metadata["answer"] if response.metadata else {}
    json.dumps(record)
    assert response.response == record["text"]
    assert len(response.source_nodes) == len(record["citations"]) > 0
    for node, citation in zip(response.source_nodes, record["citations"], strict=True):
        article = archive.article(node.metadata["article_id"])
        span = slice(node.metadata["start"], node.metadata["end"])
        assert article.text[span] == node.metadata["quote"] == citation["quote"]
        assert node.metadata["quote"] in node.text
        assert node.metadata["number"] == citation["number"]


def test_query_engine(archive: Archive) -> None:
    engine = archive.as_query_engine()
    response = engine.query(AIRLINER)
    assert isinstance(response, Response)
    assert "224" in str(response)
    assert_cited(archive, response)
    later = asyncio.run(engine.aquery(AIRLINER))
    assert isinstance(later, Response)
    assert str(later) == str(response)
    assert_cited(archive, later)


def test_query_engine_that_finds_nothing(archive: Archive) -> None:
    response = archive.as_query_engine().query("What is the boiling point of mercury?")
    assert response.source_nodes == []
    assert str(response).startswith("The archive holds nothing on this subject.")
    filtered = archive.as_query_engine(filters=Filters(sources=["Nobody"])).query(AIRLINER)
    assert str(filtered) == "No article passes the filters."


def test_query_engine_has_no_prompts_to_change(archive: Archive) -> None:
    assert archive.as_query_engine().get_prompts() == {}
