"""Cutting a text that is too long at the best boundary near the limit; nothing is lost and nothing is added."""

import re
from collections.abc import Callable, Iterator

from rlm_pipeline.chunking.graphemes import between, is_inside
from rlm_pipeline.chunking.sentences import sentence_ends

_Ends = Callable[[str, int, int], Iterator[int]]

_LINE_END = r"(?:\r\n|\n|\r(?!\n))"
_NEAR = 50
_LEAST_TAIL = 4  # what is left at the end is at least this part of a piece: 1 / _LEAST_TAIL


def _ends_of(pattern: str, *, marks: str = "") -> _Ends:
    """Ends of matches; of none where the text has none of the `marks`."""
    compiled = re.compile(pattern)

    def ends(text: str, start: int, limit: int) -> Iterator[int]:
        if marks and all(text.find(mark, start, limit) < 0 for mark in marks):
            return iter(())
        return (match.end() for match in compiled.finditer(text, start, limit))

    return ends


_PARAGRAPHS = _ends_of(rf"{_LINE_END}(?:[ \t]*+{_LINE_END})++|\f", marks="\n\r\f")
_LINES = _ends_of(_LINE_END, marks="\n\r")
# One class that every match begins with is searched for many times faster than two.
_CLAUSES = _ends_of(
    r"[,;:\u2013\u2014\u3001\uff0c\uff1b\uff1a\u060c\u061b]"
    r"(?:(?<=[,;:\u2013\u2014])\s++|(?<=[\u3001\uff0c\uff1b\uff1a\u060c\u061b])\s*+)"
)
_WORDS = _ends_of(r"\s++")

_OF_LINES: tuple[_Ends, ...] = (_PARAGRAPHS, _LINES, sentence_ends, _CLAUSES)
_OF_SENTENCES: tuple[_Ends, ...] = (_PARAGRAPHS, sentence_ends, _LINES, _CLAUSES)


def split(text: str, size: int, *, wrapped: bool = False) -> Iterator[str]:
    """Cut `text` into pieces of at most `size` characters whose concatenation is `text`.

    A piece ends after the last paragraph, else line, else sentence, else clause in the second half of what fits, else
    after the last word, else where it must; a boundary's white space belongs to the piece before it. In `wrapped` text
    line ends mean nothing, and sentences come before lines. The last piece is at least a quarter of `size` where that
    can be, and white space only if there is no other way. What is seen as one character is parted only if it is longer
    than `size`.
    """
    start, visible, tail = 0, len(text.rstrip()), size // _LEAST_TAIL
    while len(text) - start > size:
        limit = min(start + size, max(len(text) - tail, start + 1))
        # The last visible character stays with what follows it.
        if start < visible - 1 < limit:
            last = visible - 1
            while last > start and is_inside(text, last, start):
                last -= 1
            limit = last if last > start else limit
        cut = _cut(text, start, limit, _OF_SENTENCES if wrapped else _OF_LINES)
        yield text[start:cut]
        start = cut
    yield text[start:]


def _cut(text: str, start: int, limit: int, boundaries: tuple[_Ends, ...]) -> int:
    half = start + (limit - start) // 2
    for ends in boundaries:
        cut = _last(text, start, ends(text, half, limit), half)
        if cut:
            return cut
    # The last words are nearly always near the end.
    near = max(start, limit - _NEAR)
    return (
        _last(text, start, _WORDS(text, near, limit), near)
        or _last(text, start, _WORDS(text, start, limit), start)
        or between(text, start, limit)
    )


def _last(text: str, start: int, ends: Iterator[int], least: int) -> int:
    """The last of the ends above `least` that parts no character; 0 if there is none."""
    found = [end for end in ends if end > least]
    return next((end for end in reversed(found) if end == len(text) or not is_inside(text, end, start)), 0)
