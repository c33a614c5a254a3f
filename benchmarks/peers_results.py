"""What benchmarks/peers.py keeps of a run."""

import statistics
from dataclasses import dataclass, field

from benchmarks._measure import Run

OURS, BARE = "dossier", "bare"
MAIN = (OURS, "llamaindex-ours", "llamaindex", "langchain", "txtai")
KEPT = ("llamaindex-kept", "langchain-kept")
NAMES = {
    OURS: "Dossier",
    BARE: "our embedder alone, on our passages",
    "llamaindex-ours": "LlamaIndex on Chroma, our embedder",
    "llamaindex": "LlamaIndex on Chroma, HuggingFaceEmbedding",
    "langchain": "LangChain on Chroma, HuggingFaceEmbeddings",
    "txtai": "txtai",
    "llamaindex-kept": "LlamaIndex with a docstore, our embedder",
    "langchain-kept": "LangChain with a record manager",
}
Runs = dict[str, dict[str, list[Run]]]
"""By stage and contender."""


@dataclass
class Results:
    """Everything that was measured, and on what."""

    collection: str
    articles: int
    characters: int
    questions: int
    labelled: int
    rounds: int
    minutes: float = 0.0
    runs: Runs = field(default_factory=dict)

    def values(self, stage: str, name: str, key: str = "") -> list[float]:
        """A figure of every run; without `key` the seconds of the process."""
        found = self.runs.get(stage, {}).get(name, [])
        return [run.result[key] if key else run.seconds for run in found]

    def median(self, stage: str, name: str, key: str = "") -> float:
        """The middle one."""
        return statistics.median(self.values(stage, name, key))

    def rates(self, name: str) -> list[float]:
        """Passages a second of the first ingest."""
        return [
            passages / seconds
            for passages, seconds in zip(
                self.values("first", name, "passages"),
                self.values("first", name, "seconds"),
                strict=True,
            )
        ]

    def peaks(self, name: str) -> list[float]:
        """Peak memory of the first ingest, in MB."""
        return [run.peak / 1e6 for run in self.runs["first"][name]]

    @property
    def others(self) -> float:
        """The most that other programs had of the processor during a run that counts."""
        return max(r.others for stage in self.runs.values() for one in stage.values() for r in one)
