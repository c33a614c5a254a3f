"""What the reader is measured by is not what it was trained on."""

import json
from pathlib import Path

import pytest

from training import data
from training.data import Paragraph, Question, Source, mostly_in, runs
from training.overlap import Trained

TEXT = (
    "The harbour of Norrvik was closed for the winter by the town's mayor, who said that the ice"
    " had broken nine boats since November and that no pilot would go out any more before March."
)
OTHER = (
    "A ferry sails twice a day from the old quay to the island of Lund, where some forty families"
    " live of fishing and of the visitors who come over in summer to see the seals on the rocks."
)


def test_a_text_is_known_by_its_runs() -> None:
    known = set(runs(TEXT))
    assert mostly_in(TEXT.upper(), known)
    assert mostly_in(f"{TEXT} {OTHER}", known)
    assert not mostly_in(f"{OTHER} {OTHER} {OTHER} {TEXT[:90]}", known)
    assert not mostly_in(OTHER, known)
    assert not mostly_in("Too short for a run.", known)


def test_what_was_trained_on_is_met_again() -> None:
    source = Source([Paragraph("Norrvik", TEXT)], [Question("Who closed it?", 0, ())])
    trained = Trained([source])
    again, shared, same = trained.met(["WHO closed it", "Who opened it?"], [TEXT, OTHER])
    assert again == ["WHO closed it"]
    assert shared == same == [TEXT]


def test_what_is_for_measuring_is_left_out_of_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paragraphs(*texts: str) -> str:
        asked = {"question": "Who?", "answers": [{"text": "A", "answer_start": 0}]}
        held = [{"context": text, "qas": [asked]} for text in texts]
        return json.dumps({"data": [{"title": "Norrvik_(town)", "paragraphs": held}]})

    (tmp_path / data.SQUAD["train"].name).write_text(paragraphs(OTHER, f"So it was. {TEXT}"))
    (tmp_path / data.SQUAD["dev"].name).write_text(paragraphs(TEXT))
    lines = [
        {"question": "is it closed", "passage": f"Norrvik -- {TEXT}"},
        {"question": "is there a ferry", "passage": f"Lund -- {OTHER}"},
        {"question": "is this tested", "passage": f"Lund -- {OTHER}"},
    ]
    for part, held in {"combined": lines, "dev": lines[2:], "test": []}.items():
        (tmp_path / data.BOOLQ[part].name).write_text("".join(json.dumps(x) + "\n" for x in held))
    monkeypatch.setattr(data, "fetch", lambda file, report=None: tmp_path / file.name)
    train = data.load_squad("train")
    assert [paragraph.text for paragraph in train.paragraphs] == [OTHER]
    assert [question.paragraph for question in train.questions] == [0]
    assert [paragraph.text for paragraph in data.load_squad("dev").paragraphs] == [TEXT]
    assert [question.text for question in data.load_boolq().questions] == ["is there a ferry"]
