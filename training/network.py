"""The reader's network: the encoder of all-MiniLM-L6-v2 with two heads.

BERT (Devlin et al., NAACL 2019) of 6 layers, 384 wide. The span head gives every token a start
and an end logit, where the first token stands for "no answer here"; the relevance head says from
the first token's vector whether the passage answers the question at all.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["HEADS", "LAYERS", "WIDTH", "Network"]

LAYERS, WIDTH, HEADS = 6, 384, 12
_INNER = 4 * WIDTH
_EPSILON = 1e-12


class _Layer(nn.Module):
    """One transformer layer, normalised after each of its halves."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.after_attention = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.inner = nn.Linear(WIDTH, _INNER)
        self.outer = nn.Linear(_INNER, WIDTH)
        self.after_inner = nn.LayerNorm(WIDTH, eps=_EPSILON)

    def forward(self, hidden: Tensor, blocked: Tensor) -> Tensor:
        """`blocked` is added to the attention logits: 0, or very low for padding."""
        batch, length, _ = hidden.shape
        # Written out: on a CPU in bfloat16 this is faster than scaled_dot_product_attention.
        mixed = self.attend(hidden).view(batch, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        logits = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + blocked
        mixed = (logits.softmax(-1).to(value.dtype) @ value).transpose(1, 2)
        mixed = self.attended(mixed.reshape(batch, length, WIDTH))
        hidden = self.after_attention(hidden + mixed)
        return self.after_inner(hidden + self.outer(functional.gelu(self.inner(hidden))))


class Network(nn.Module):
    """Token ids to start, end and relevance logits."""

    def __init__(self, words: int = 30522, positions: int = 512) -> None:
        super().__init__()
        self.words = nn.Embedding(words, WIDTH)
        self.positions = nn.Embedding(positions, WIDTH)
        self.kinds = nn.Embedding(2, WIDTH)
        self.embedded = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.span = nn.Linear(WIDTH, 2)
        self.pool = nn.Linear(WIDTH, WIDTH)
        self.relevance = nn.Linear(WIDTH, 1)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Each of the three has shape (batch, length); so have starts and ends, relevance (batch,).

        The first token and those of the passage may start or end an answer; the caller masks the
        others.
        """
        length = input_ids.shape[1]
        hidden = self.words(input_ids) + self.kinds(token_type_ids)
        hidden = self.embedded(hidden + self.positions.weight[:length])
        blocked = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -1e4
        for layer in self.layers:
            hidden = layer(hidden, blocked)
        starts, ends = self.span(hidden).unbind(-1)
        relevance = self.relevance(torch.tanh(self.pool(hidden[:, 0]))).squeeze(-1)
        return starts, ends, relevance

    @classmethod
    def from_minilm(cls, weights: Path) -> "Network":
        """The published encoder with fresh heads; its embeddings are frozen."""
        state = load_file(weights)
        state = {name.removeprefix("bert."): value for name, value in state.items()}
        network = cls()
        loaded = {
            "words.weight": state["embeddings.word_embeddings.weight"],
            "positions.weight": state["embeddings.position_embeddings.weight"],
            "kinds.weight": state["embeddings.token_type_embeddings.weight"],
        }
        names = {"embedded": "embeddings.LayerNorm"}
        for index in range(LAYERS):
            theirs = f"encoder.layer.{index}"
            for end in ("weight", "bias"):
                loaded[f"layers.{index}.attend.{end}"] = torch.cat(
                    [
                        state[f"{theirs}.attention.self.{part}.{end}"]
                        for part in ("query", "key", "value")
                    ]
                )
            names |= {
                f"layers.{index}.attended": f"{theirs}.attention.output.dense",
                f"layers.{index}.after_attention": f"{theirs}.attention.output.LayerNorm",
                f"layers.{index}.inner": f"{theirs}.intermediate.dense",
                f"layers.{index}.outer": f"{theirs}.output.dense",
                f"layers.{index}.after_inner": f"{theirs}.output.LayerNorm",
            }
        for ours, their in names.items():
            for end in ("weight", "bias"):
                loaded[f"{ours}.{end}"] = state[f"{their}.{end}"]
        missing, unknown = network.load_state_dict(loaded, strict=False)
        if unknown or any(not name.startswith(("span", "pool", "relevance")) for name in missing):
            raise ValueError(f"{weights}: not the weights of all-MiniLM-L6-v2")
        for table in (network.words, network.positions, network.kinds):
            table.requires_grad_(False)
        return network
