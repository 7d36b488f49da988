"""A quote that a model gives, found in the text it is said to be from: what is published is the text's own stretch.

Models change a quote as they copy it: case, spaces, glyphs, a word here and there, an ellipsis for what they leave out,
the column's name in front. All of that is found; words in another order, another number, or a few words that are
everywhere are not. Time is linear in the lengths of quote and text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rlm_pipeline.analysis.folded_text import QUOTATION_MARKS, Folded, fold
from rlm_pipeline.analysis.word_alignment import Words, align, words

LEAST_WORDS = 8
"""A quote, or a part of one, of fewer words is found as it is or not at all."""

LEAST_SHARE = 0.85
"""Of the words of a quote that must be in the text in the same order."""

LEAST_WORDS_OF_A_PART = 4
"""Where an ellipsis cuts a quote into parts, one of them must have this many words: a few are in any text in order."""

MOST_OMITTED = 1000
"""Characters an ellipsis stands for at most."""

MOST_PARTS = 12

_FEW_WORDS = 3
_PLACES_TRIED = 64
_ELLIPSIS = re.compile(r"\s*(?:\[(?:\.{3}|…)\]|\((?:\.{3}|…)\)|\.{3,}|…|\.[ ]\.[ ]\.)\s*")
_LABELLED = re.compile(r"[ \t]*([^\s:][^:\n]{0,99}):[ \t]+(\S.*)")
_ENDS = f" {QUOTATION_MARKS}.,;:!?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Characters `start` to `end` of the text, half-open, are what the quote quotes.

    `score` is the share of the quote's words that are there in order: 1 for exact and normalised.
    """

    start: int
    end: int
    how: Literal["exact", "normalised", "aligned"]
    score: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a quote; `whole` if it is all of it, as it was given."""

    text: str
    words: Words
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A range of the folded text, and how many words of a part it has."""

    start: int
    end: int
    matched: int
    aligned: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a quote may be meant to be; `labelled` if every part is a line with the name of its column."""

    parts: tuple[_Part, ...]
    labelled: bool = False

    @property
    def says_something(self) -> bool:
        """Whether its parts are enough to tell one place from any other."""
        longest = max((len(part.words.words) for part in self.parts), default=0)
        enough = self.labelled or len(self.parts) == 1 or longest >= LEAST_WORDS_OF_A_PART
        return enough and 0 < len(self.parts) <= MOST_PARTS


def find(quote: str, text: str) -> Match | None:
    """The stretch of `text` that `quote` quotes, the closest there is; None if it quotes nothing there."""
    for sought in dict.fromkeys((quote, quote.strip())):
        if sought.strip() and (start := _occurrence(sought, text)) is not None:
            return Match(start=start, end=start + len(sought), how="exact", score=1.0)
    folded = fold(text)
    readings = [reading for reading in _readings(quote) if reading.says_something]
    for reading in readings:
        if found := _in_order(reading.parts, folded, None):
            return _match(reading, found, folded)
    of_text = words(folded.text)
    for reading in readings:
        if found := _in_order(reading.parts, folded, of_text):
            return _match(reading, found, folded)
    return None


def rendered(quote: str) -> tuple[tuple[str, str], ...]:
    """The columns and values of a quote made of lines `column: value`, in order; nothing if it does not begin so.

    A line without a column continues the value before it.
    """
    found: list[tuple[str, str]] = []
    for line in quote.strip().splitlines():
        labelled = _LABELLED.fullmatch(line)
        if labelled:
            found.append((labelled[1].strip(), labelled[2].strip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        else:
            return ()
    return tuple(found)


def _readings(quote: str) -> Iterator[_Reading]:
    yield _Reading((_part(quote, whole=True),))
    lines = rendered(quote)
    cut = _parts([quote])
    if cut[1:] or not lines:
        yield _Reading(cut)
    if lines:
        yield _Reading(_parts([f"{column}: {value}" for column, value in lines]), labelled=len(lines) > 1)
        yield _Reading(_parts([value for _, value in lines]))


def _parts(texts: Sequence[str]) -> tuple[_Part, ...]:
    """The texts, cut at every ellipsis, without marks and spaces around them; none of what has no word."""
    cut = [_part(piece, whole=False) for text in texts for piece in _ELLIPSIS.split(text)]
    return tuple(part for part in cut if part.words.words)


def _part(text: str, *, whole: bool) -> _Part:
    folded = fold(text).text.strip() if whole else fold(text).text.strip(_ENDS)
    return _Part(folded, words(folded), whole)


def _in_order(parts: Sequence[_Part], text: Folded, of_text: Words | None) -> list[_Found] | None:
    """Where the parts are, one behind the other; the longest decides where to look. `of_text` allows alignment."""
    longest = max(range(len(parts)), key=lambda place: (len(parts[place].words.words), -place))
    anchor = _located(parts[longest], text, of_text, (0, len(text.text)))
    if anchor is None:
        return None
    found = [anchor]
    for part in parts[longest + 1 :]:
        behind = found[-1].end
        located = _located(part, text, of_text, (behind, behind + MOST_OMITTED + 2 * len(part.text)))
        if located is None:
            return None
        found.append(located)
    for part in parts[:longest][::-1]:
        before = found[0].start
        start = max(0, before - MOST_OMITTED - 2 * len(part.text))
        located = _located(part, text, of_text, (start, before), last=True)
        if located is None:
            return None
        found.insert(0, located)
    return found


def _located(
    part: _Part, text: Folded, of_text: Words | None, within: tuple[int, int], *, last: bool = False
) -> _Found | None:
    count = len(part.words.words)
    if not count:
        return None
    strictly = not part.whole and count < _FEW_WORDS
    start = _occurrence(part.text, text.text, within, text, last=last, strictly=strictly)
    if start is not None:
        return _Found(start, start + len(part.text), count)
    if of_text is None or count < LEAST_WORDS:
        return None
    there = of_text.within(*within)
    found = align(part.words.words, there.words, least_share=LEAST_SHARE, most_added=max(2, count // 4))
    return _Found(there.starts[found.first], there.ends[found.last], found.matched, aligned=True) if found else None


def _occurrence(
    sought: str,
    text: str,
    within: tuple[int, int] | None = None,
    folded: Folded | None = None,
    *,
    last: bool = False,
    strictly: bool = False,
) -> int | None:
    """Where `sought` is: the first (or last) place where it does not cut words apart, else the first one at all.

    `strictly` takes no place that cuts words apart; of a folded text none is taken that cuts a character apart.
    """
    start, end = within or (0, len(text))
    fallback = None
    for _ in range(_PLACES_TRIED):
        place = text.rfind(sought, start, end) if last else text.find(sought, start, end)
        if place < 0:
            break
        behind = place + len(sought)
        if folded is None or (folded.begins(place) and folded.begins(behind)):
            if not (_cuts_word(text, place) or _cuts_word(text, behind)):
                return place
            fallback = place if fallback is None else fallback
        start, end = (start, behind - 1) if last else (place + 1, end)
    return None if strictly else fallback


def _cuts_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _match(reading: _Reading, found: Sequence[_Found], text: Folded) -> Match:
    start, end = text.original(found[0].start, found[-1].end)
    aligned = len(found) > 1 or found[0].aligned
    of_quote = sum(len(part.words.words) for part in reading.parts)
    score = sum(each.matched for each in found) / of_quote
    return Match(start=start, end=end, how="aligned" if aligned else "normalised", score=score)
