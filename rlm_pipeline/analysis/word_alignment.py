"""Words of a quote found in the words of a text in the same order, though some were changed, dropped or added.

Rare runs of words that both have say where to look; from there an alignment of bounded width follows the quote to both
of its ends. Time is linear in the words of both: every word of the text is looked at once, and every place that is
followed costs the words of the quote times the width.
"""

import bisect
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

RUN = 3
"""Words in a row that must be the same somewhere for a place to be looked at."""

REACH = 12
"""Words of the text that may be passed over, or of the quote that may be missing in it, in one place."""

PLACES_TRIED = 4

_MATCH, _OTHER = 2, -1

# Between punctuation and spaces. Where words are not set apart a character is one: kana, ideographs, Thai, Lao, Burmese
# and Khmer.
_WORD = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    "|[^\\s!-/:-@\\[-`{-~\u2000-\u206f\u3000-\u303f"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Words:
    """Words in order, with the half-open range of characters of each."""

    words: tuple[str, ...]
    starts: "array[int]"
    ends: "array[int]"

    def within(self, start: int, end: int) -> "Words":
        """Those that lie between two characters, half-open."""
        kept = slice(bisect.bisect_left(self.starts, start), bisect.bisect_right(self.ends, end))
        return Words(self.words[kept], self.starts[kept], self.ends[kept])


class Aligned(NamedTuple):
    """Words `first` to `last` of the text, inclusive, are the quote; `matched` of them are words of it, in order."""

    first: int
    last: int
    matched: int


class _Cell(NamedTuple):
    """The best alignment of some words of the quote with some of the text; the greater tuple is the better one.

    `left` is minus the number of words of the text up to the last that is matched.
    """

    score: int
    matched: int
    numbers: int
    left: int


class _Row(NamedTuple):
    cells: list[_Cell]
    low: int


def words(text: str) -> Words:
    """The words of a folded text."""
    found, starts, ends = [], array("q"), array("q")
    for word in _WORD.finditer(text):
        found.append(word.group())
        starts.append(word.start())
        ends.append(word.end())
    return Words(tuple(found), starts, ends)


def align(quote: Sequence[str], text: Sequence[str], *, least_share: float, most_added: int) -> Aligned | None:
    """Where the text has at least a share of the quote's words in order, with few words between them; None if nowhere.

    Every word of the quote with a digit in it must be there: with another number it would be another statement.
    """
    numbers = sum(map(_has_digit, quote))
    best: Aligned | None = None
    for in_quote, in_text in _seeds(quote, text):
        found, found_numbers = _followed(quote, text, in_quote, in_text)
        added = found.last - found.first + 1 - found.matched
        fits = found.matched >= least_share * len(quote) and added <= most_added and found_numbers == numbers
        if fits and (best is None or found.matched > best.matched):
            best = found
    return best


def _seeds(quote: Sequence[str], text: Sequence[str]) -> list[tuple[int, int]]:
    """Places (in the quote, in the text) of runs of words both have, the rarest first, far apart from each other."""
    known: dict[tuple[str, ...], int] = {}
    for place in range(len(quote) - RUN + 1):
        known.setdefault(tuple(quote[place : place + RUN]), place)
    first_words = {run[0] for run in known}
    hits = [
        (known[run], place)
        for place, word in enumerate(text[: 1 - RUN])
        if word in first_words and (run := tuple(text[place : place + RUN])) in known
    ]
    often = Counter(in_quote for in_quote, _ in hits)
    weights: dict[int, float] = {}
    rarest: dict[int, tuple[int, int]] = {}
    for in_quote, in_text in hits:
        # What is shifted by about as much belongs to one place of the quote in the text.
        shift = (in_text - in_quote) // REACH
        weights[shift] = weights.get(shift, 0.0) + 1 / often[in_quote]
        if shift not in rarest or often[in_quote] < often[rarest[shift][0]]:
            rarest[shift] = (in_quote, in_text)
    best: list[int] = []
    for _ in range(min(PLACES_TRIED, len(weights))):
        best.append(max(weights, key=lambda shift: (weights[shift], -shift)))
        del weights[best[-1]]
    return [rarest[shift] for shift in best]


def _followed(quote: Sequence[str], text: Sequence[str], in_quote: int, in_text: int) -> tuple[Aligned, int]:
    """The alignment through one pair of equal words, and how many words with a digit it matches."""
    behind = _extended(quote[in_quote + 1 :], text[in_text + 1 : in_text + 1 + 2 * len(quote) + REACH])
    before_quote = quote[in_quote - 1 :: -1] if in_quote else ()
    room = max(0, in_text - 2 * len(quote) - REACH)
    before = _extended(before_quote, text[room:in_text][::-1])
    here = int(_has_digit(quote[in_quote]))
    found = Aligned(
        first=in_text + before.left, last=in_text - behind.left, matched=before.matched + behind.matched + 1
    )
    return found, before.numbers + behind.numbers + here


def _extended(quote: Sequence[str], text: Sequence[str]) -> _Cell:
    """Align all of `quote` with a beginning of `text`; the width moves along with the best cell of each row."""
    best = _Cell(0, 0, 0, 0)
    row = _Row([best._replace(score=_OTHER * place) for place in range(min(REACH, len(text)) + 1)], low=0)
    for word in quote:
        row, best = _next_row(row, word, text, _has_digit(word))
    return best


def _next_row(row: _Row, word: str, text: Sequence[str], digit: bool) -> tuple[_Row, _Cell]:
    """The cells of the next word of the quote; cell n of a row has used up the first `low + n` words of the text."""
    center = row.low + max(range(len(row.cells)), key=lambda place: (row.cells[place].score, -place))
    low, high = max(row.low, center - REACH), min(len(text), center + 1 + REACH)
    cells: list[_Cell] = []
    for used in range(low, high + 1):
        options = []
        above, diagonal = used - row.low, used - row.low - 1
        if above < len(row.cells):
            options.append(_worse(row.cells[above]))
        if 0 <= diagonal < len(row.cells):
            before = row.cells[diagonal]
            if text[used - 1] == word:
                options.append(_Cell(before.score + _MATCH, before.matched + 1, before.numbers + digit, -used))
            else:
                options.append(_worse(before))
        if cells:
            options.append(_worse(cells[-1]))
        cells.append(max(options))
    return _Row(cells, low), max(cells)


def _worse(cell: _Cell) -> _Cell:
    return cell._replace(score=cell.score + _OTHER)


def _has_digit(word: str) -> bool:
    return _NUMBER.search(word) is not None
