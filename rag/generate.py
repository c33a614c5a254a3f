"""A language model's sentences: none comes out before it is checked."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from corpus.metadata import tell_language
from rag.answer import Draft
from rag.checks import (
    Quote,
    Source,
    check_names,
    check_quotes,
    check_values,
    find_words,
    quotations,
    unbounded,
    without_marks,
    without_quotations,
)
from rag.cite import find_quote, find_quotes, sources_of
from rag.instructions import instruction_spans, is_instruction, without_instructions
from rag.labels import labels_in, without_labels
from rag.negation import check_negation
from rag.prompts import REFUSAL
from rag.stream import plain_text
from rag.translated import english_figures, language_by_common_words
from rag.types import Check, Hit, Unverified
from rag.values import names
from rag.voices import check_attribution, check_reported, check_speaker, speaker_behind
from rag.words import STOP_WORDS, content_words, fold, stem, stems, words

__all__ = ["SentenceChecker"]

_SUPPORTS = 0.5
"""Share of a sentence's words and values that a quote must hold to be given as its source."""
_WEAK = 0.25
"""Below this share a cited passage does not support the sentence."""
_REPEATS = 0.7
"""Above this share of its words in one line of our prompt, a sentence repeats that."""
_FATAL = ("marker", "value", "quote", "speaker")
"""The checks that a sentence must pass to be shown at all."""
_UNCITED = Check(kind="marker", passed=False, detail="cites no source")
_SYNTAX = re.compile(r"^[{}\[\]]|\"\s*:\s*[\"\[{\d]|[{}]\s*$")
"""What a sentence has that is really a piece of JSON."""
_FEWEST_FOREIGN = 5
"""Words from which it can be told that a sentence is in another language."""
_SURE = 0.6
_ENGLISH = 0.25
"""The share of stop words that an English sentence has."""


@dataclass
class SentenceChecker:
    """Holds a model's sentences against the passages it was given, known by their `labels`.

    What is done: a marker that was not given out is dropped. A figure that the source only bounds
    is given that bound ("over 100"), and what somebody says is given to that somebody. A sentence
    is given another passage as its source where that one holds it and what it cites does not; a
    quotation whose words all stand in the source, but not so, loses its marks. Else it is removed
    where it cites nothing, where its numbers, dates or quotations are not in the quotes that it
    cites, where these deny it or its words are somebody else's, where no word of it is there, and
    where it repeats an instruction: one of an article's, or `ours`. One whose names, or most of
    whose words, are not in what it cites is kept and marked, but only beside a sentence that did
    pass. All of these are listed in `draft.unverified`. Instructions that stand in the passages
    support nothing.
    """

    hits: Sequence[Hit]
    draft: Draft
    labels: Sequence[str] = ()
    """In the order of the hits; their numbers from 1 where none are given."""
    ours: str = ""
    article_text: Callable[[str], str] = lambda _: ""
    """The whole text of an article, by id: quotations may stand beyond the passage."""
    refused: bool = False
    _said: set[str] = field(default_factory=set)
    _held: list[tuple[str, list[Hit], list[Check]]] = field(default_factory=list)
    """Marked sentences that wait for one that passes."""
    _found: dict[tuple[str, ...], list[Quote]] = field(default_factory=dict)
    """What a sentence is to cite of which passages, once it has been looked for."""

    def check(self, raw: str) -> list[str]:
        """The sentences to show now that this one of the model's has come."""
        given = labels_in(raw)
        text = plain_text(without_labels(raw))
        if fold(text).strip(" .") == fold(REFUSAL).strip(" ."):
            self.refused = True
            return []
        heading = not given and (text.endswith(":") or raw.lstrip().startswith("#"))
        if heading or not content_words(text) or text in self._said:
            return []
        self._said.add(text)
        if wrong := "is no sentence" if _SYNTAX.search(text) else self._ordered(text):
            self._list(text, wrong, "removed")
            return []
        text, cited, checks = self._sourced(text, given)
        if all(check.passed for check in checks):
            return [*self._release(), self._add(text, cited, checks)]
        lost = any(not check.passed for check in checks if check.kind in _FATAL)
        if lost or not any(self._quote(text, hit)[2] for hit in cited):
            self._list(text, _failed(checks), "removed")
            return []
        self._held.append((text, cited, checks))
        passed = any(sentence.verified for sentence in self.draft.sentences)
        return self._release() if passed else []

    def finish(self) -> None:
        """Say of the sentences that still wait that they were left out."""
        for text, _, checks in self._held:
            self._list(text, _failed(checks), "removed")
        self._held = []

    def _release(self) -> list[str]:
        """Show the sentences that wait, marked."""
        held, self._held = self._held, []
        for text, _, checks in held:
            self._list(text, _failed(checks), "marked")
        return [self._add(*item) for item in held]

    def _sourced(self, text: str, given: Sequence[str]) -> tuple[str, list[Hit], list[Check]]:
        """The sentence, mended where it can be, what it rests on, and how it compares with that."""
        known = self._by_label
        unknown = [label for label in given if label not in known]
        if unknown:
            listed = ", ".join(f"[{label}]" for label in unknown)
            self._list(text, f"{listed} names no passage", "repaired")
        cited = [known[label] for label in given if label in known]
        text = self._bounded(text, cited)
        checks = self._compare(text, cited) if cited else [_UNCITED]
        if not _hold(checks):
            if other := self._holding(text, checks) or self._other_source(text):
                self._list(text, f"{_failed(checks)}; found in another passage", "repaired")
                cited = [other]
            elif cited and _misquotes(checks) and (bare := self._unquoted(text, cited)):
                text = bare
            checks = self._compare(text, cited) if cited else checks
        return self._attributed(text, cited, checks)

    def _bounded(self, text: str, cited: Sequence[Hit]) -> str:
        """The sentence with the bounds that its sources give to figures that it gives bare.

        What it quotes stays: there the words are the article's or none.
        """
        bare_text = without_quotations(text)
        sources = self._sources(self._quotes(text, cited), cited)
        if _foreign(text, [hit.text for hit in cited]) and not unbounded(
            english_figures(bare_text), sources
        ):
            return text
        for bare, bounded in unbounded(bare_text, sources):
            self._list(text, f"the cited source has “{bounded}”", "repaired")
            kept = bounded if text.startswith(bare) else f"{bounded[:1].lower()}{bounded[1:]}"
            found = re.search(rf"(?<![\w.,]){re.escape(bare)}(?!\w)", bare_text)
            if found:
                text = f"{text[: found.start()]}{kept}{text[found.end() :]}"
                bare_text = f"{bare_text[: found.start()]}{kept}{bare_text[found.end() :]}"
        return text

    def _holding(self, text: str, checks: Sequence[Check]) -> Hit | None:
        """The passage whose article holds word for word what the sentence quotes of another."""
        if not _misquotes(checks):
            return None
        for hit in self.hits:
            whole = self._whole(hit)
            held = all(find_words(quoted, whole) for quoted in quotations(text))
            if held and _hold(self._compare(text, [hit])):
                return hit
        return None

    def _unquoted(self, text: str, cited: Sequence[Hit]) -> str:
        """The sentence without quotation marks, where it holds so and not with them; else ""."""
        bare = without_marks(text)
        quoted = stems(word for said in quotations(text) for word in content_words(said))
        # Only where no more than the wording differs: another word may be another thing. What is
        # put into another language is no quotation.
        foreign = _foreign(text, [hit.text for hit in cited])
        held = stems(word for quote in self._quotes(bare, cited) for word in words(quote.text))
        if not foreign and not (quoted and quoted <= held):
            return ""
        if not _hold(self._compare(bare, cited)):
            return ""
        self._list(text, "not verbatim: the quotation marks were dropped", "repaired")
        return bare

    def _attributed(
        self, text: str, cited: list[Hit], checks: list[Check]
    ) -> tuple[str, list[Hit], list[Check]]:
        """The sentence with "according to", where it alone says what the article has from somebody.

        That somebody may be "she" there: then the check stays failed, and the sentence is marked.
        """
        if not cited or not all(check.passed for check in checks if check.kind != "attribution"):
            return text, cited, checks
        if all(check.passed for check in checks):
            return text, cited, checks
        quotes = self._quotes(text, cited)
        speaker, _ = speaker_behind(text, quotes, self._sources(quotes, cited))
        if speaker is None or speaker.is_pronoun:
            return text, cited, checks
        who = speaker.name or f"{speaker.words[:1].lower()}{speaker.words[1:]}"
        told = f"{text.rstrip('. ')}, according to {who}."
        self._list(text, _failed(checks), "repaired")
        return told, cited, self._compare(told, cited)

    def _add(self, text: str, cited: Sequence[Hit], checks: Sequence[Check]) -> str:
        found = [self._cite(quote) for quote in self._quotes(text, cited)]
        return self.draft.add(text, list(dict.fromkeys(found)), checks)

    @cached_property
    def _by_label(self) -> dict[str, Hit]:
        labels = self.labels or [str(number) for number in range(1, len(self.hits) + 1)]
        return dict(zip(labels, self.hits, strict=True))

    @cached_property
    def _sound(self) -> dict[str, Hit]:
        """The hits without the instructions in them, by passage."""
        return {
            hit.passage_id: replace(hit, text=without_instructions(hit), title=_sound_title(hit))
            for hit in self.hits
        }

    @cached_property
    def _orders(self) -> list[set[str]]:
        """The words of each instruction in the passages."""
        texts = [hit.text[start:end] for hit in self.hits for start, end in instruction_spans(hit)]
        texts += [hit.title for hit in self.hits if not _sound_title(hit)]
        return [stems(words(text)) for text in texts]

    @cached_property
    def _names(self) -> frozenset[str]:
        """The words of all names in the passages given."""
        return frozenset(
            word for hit in self.hits for name in names(hit.text) for word in content_words(name)
        )

    def _ordered(self, text: str) -> str:
        """Why a sentence is taken to do what an instruction says, or to repeat ours; else ""."""
        said = stems(content_words(text))
        sound = max((self._quote(text, hit)[2] for hit in self.hits), default=0.0)
        for order in self._orders:
            share = len(said & order) / len(said)
            if share >= _SUPPORTS and share > sound:
                return "repeats an instruction that stands in an article"
        ours = [stems(words(line)) for line in self.ours.splitlines()]
        if len(said) > 2 and any(
            len(said & line) > max(_REPEATS, sound) * len(said) for line in ours
        ):
            return "repeats what the model was told"
        return ""

    def _whole(self, hit: Hit) -> str:
        """The text of a hit's article without the instructions in it, of the hit where it is not at
        hand."""
        whole = self.article_text(hit.article_id)
        given = replace(hit, text=whole) if whole else hit
        return without_instructions(given)

    def _quotes(self, text: str, cited: Sequence[Hit]) -> list[Quote]:
        """What a statement is to cite of these hits, instructions left aside: see find_quotes."""
        key = (text, *(hit.passage_id for hit in cited))
        if key not in self._found:
            sound = [self._sound[hit.passage_id] for hit in cited]
            foreign = _foreign(text, [hit.text for hit in sound])
            self._found[key] = find_quotes(
                english_figures(text) if foreign else text,
                sound,
                wholes=[self._whole(hit) for hit in cited],
                known=self._names,
                foreign=foreign,
            )
        return self._found[key]

    def _sources(self, quotes: Sequence[Quote], cited: Sequence[Hit]) -> list[Source]:
        sound = [self._sound[hit.passage_id] for hit in cited]
        return sources_of(quotes, sound, [self._whole(hit) for hit in cited])

    def _compare(self, text: str, cited: Sequence[Hit]) -> list[Check]:
        quotes = self._quotes(text, cited)
        sources = self._sources(quotes, cited)
        best = max((quote.share for quote in quotes), default=0.0)
        foreign = _foreign(text, [self._sound[hit.passage_id].text for hit in cited])
        figures = english_figures(text) if foreign else text
        found = [check_values(figures, sources), check_quotes(text, sources)]
        if foreign:
            # Between languages only names and figures can be compared.
            held = stems(word for source in sources for word in words(source.named))
            same = any(stem(word) in held for name in names(text) for word in words(name))
            passed = same or bool(found[0] and found[0].passed)
        else:
            spoken = check_speaker(text, sources)
            if spoken is None or spoken.passed:
                spoken = check_reported(text, quotes, sources) or spoken
            # Whom somebody else's words are given to need not stand beside these.
            if spoken is None or spoken.passed:
                found.append(check_names(text, sources, known=self._names))
            found.append(spoken)
            found.append(check_negation(text, [quote.text for quote in quotes]))
            speaker, support = speaker_behind(text, quotes, sources)
            found.append(check_attribution(text, speaker, support=support))
            passed = best >= _WEAK
        detail = "" if passed else "no sentence of the source says this"
        found.append(Check(kind="support", passed=passed, detail=detail))
        return [check for check in found if check is not None]

    def _other_source(self, text: str) -> Hit | None:
        """A given passage that passes every check and clearly supports the sentence."""
        best = max(self.hits, key=lambda hit: self._quote(text, hit)[2])
        fits = _hold(self._compare(text, [best])) and len(content_words(text)) > 1
        return best if fits and self._quote(text, best)[2] >= _SUPPORTS else None

    def _quote(self, text: str, hit: Hit) -> tuple[int, int, float]:
        """The sentence of a hit that supports a statement best, no instruction: see find_quote."""
        return find_quote(text, self._sound[hit.passage_id])

    def _cite(self, quote: Quote) -> int:
        """The number of a quote, with its passage as it is."""
        known = [hit for hit in self.hits if hit.passage_id == quote.hit.passage_id]
        inside = [hit for hit in known if hit.start <= quote.start and quote.end <= hit.end]
        hit = inside[0] if inside else quote.hit
        return self.draft.citations.add(hit, quote.start, quote.end)

    def _list(self, sentence: str, failed: str, done: str) -> None:
        self.draft.unverified.append(
            Unverified(sentence=sentence, failed=failed, done=done)  # type: ignore[arg-type]
        )


def _hold(checks: Sequence[Check]) -> bool:
    """Whether all checks held but that of attribution, which can be mended."""
    return all(check.passed or check.kind == "attribution" for check in checks)


def _misquotes(checks: Sequence[Check]) -> bool:
    return any(check.kind == "quote" and not check.passed for check in checks)


def _failed(checks: Sequence[Check]) -> str:
    return "; ".join(check.detail or check.kind for check in checks if not check.passed)


def _sound_title(hit: Hit) -> str:
    return "" if is_instruction(hit.title) else hit.title


def _foreign(text: str, sources: Sequence[str]) -> bool:
    """Whether a sentence is in another language than its sources, as far as that shows."""
    own = words(text)
    if len(own) < _FEWEST_FOREIGN or len(STOP_WORDS & {*own}) / len({*own}) >= _ENGLISH:
        return False
    spoken = tell_language(text, fewest=_FEWEST_FOREIGN, sure=_SURE)
    spoken = spoken or language_by_common_words(text)
    return spoken not in ("", tell_language("\n".join(sources)))
