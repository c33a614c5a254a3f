"""Text made by rule, for tests of what compares texts: as long as asked, and of one seed alone."""

import random

__all__ = ["prose"]

_WORDS = (
    "harbour council bridge ferry minister river winter market station doctors pilot union school"
    " border village engine tower garden singer budget election coast storm captain museum rail"
    " factory farmers court judge library island highway forest hotel tunnel theatre airport night"
    " morning crowd window letter signal repair promise answer question witness report plan vote"
    " opened closed said asked carried reached left found began ended built paid lost held saw"
    " new old broken quiet heavy early late northern southern local distant empty public private"
    " the a of in to for with after before under near from by and but while"
).split()


def prose(seed: object, words: int = 120) -> str:
    """Sentences of about twelve words."""
    drawn = random.Random(str(seed))
    said: list[str] = []
    while len(said) < words:
        sentence = [drawn.choice(_WORDS) for _ in range(drawn.randint(8, 16))]
        said += [sentence[0].capitalize(), *sentence[1:-1], f"{sentence[-1]}."]
    return " ".join(said[: words - 1]) + " indeed."
