"""A long block of prose taken apart: a table into rows, a list into items, code into lines, a paragraph into sentences.

What its later parts need to be read: a table's header, the line that opens a fence.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from rlm_pipeline.chunking.fragments import FORCED, INSIDE, NEVER, WHOLE
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.chunking.sentences import sentences
from rlm_pipeline.chunking.splitting import split
from rlm_pipeline.sources.prose.block import count_ends

LINES = re.compile(r"(?!\Z)[^\r\n]*+(?:\r\n|\r|\n|\Z)(?:[ \t]*+(?:\r\n|\r|\n))*+")
"""A line with the blank ones behind it."""

_ITEM = re.compile(r"[ \t]*(?:[-*+•‣\u2013#]|\(?(?:\d{1,4}|[a-zA-Z])[.)])[ \t]+\S")
_RULE = re.compile(r"[\s|:+=-]*[-=]{2}[\s|:+=-]*")
_FENCES = ("```", "~~~")
_AFTER_BLANK, _OUTER_ITEM, _INNER_ITEM = INSIDE - 2, INSIDE - 4, INSIDE - 2
_HEADER_LINES = 8
_HEADER_CHARACTERS = 2000

_Units = Iterator[tuple[str, int]]


def texts_of(record: Record, size: int) -> _Units:
    """The texts that no piece ends in, none longer than `size`, each with the grade of the boundary before it."""
    if len(record.text) <= size:
        yield record.text, WHOLE
        return
    units = _UNITS.get(record.cells.get("block", ""), _of_sentences)
    for text, grade in units(record.text):
        if len(text) <= size:
            yield text, NEVER if text.isspace() else grade
            continue
        for number, part in enumerate(split(text, size, wrapped=units is _of_sentences)):
            yield part, FORCED if number else grade


def header_of(record: Record) -> str:
    """The lines of a table's header, or the one that opens a fence; empty for other blocks."""
    start = record.text[:_HEADER_CHARACTERS]
    lines = [match[0] for match in islice(LINES.finditer(start), _HEADER_LINES)]
    block = record.cells.get("block", "")
    if block == "code" and lines[0].lstrip().startswith(_FENCES):
        return lines[0]
    return _table_header(lines) if block == "table" else ""


def _table_header(lines: Sequence[str]) -> str:
    """The lines up to the rule below the header, which may have one above it too; none where there is no rule."""
    rules = [place for place, line in enumerate(lines) if _RULE.fullmatch(line)]
    below = next((place for place in rules if place), -1)
    return "".join(lines[: below + 1])


def _of_sentences(text: str) -> _Units:
    return ((sentence, INSIDE) for sentence in sentences(text))


def _of_lines(text: str) -> _Units:
    after_blank = False
    for match in LINES.finditer(text):
        yield match[0], _AFTER_BLANK if after_blank else INSIDE
        after_blank = count_ends(match[0]) > 1


def _of_items(text: str) -> _Units:
    outermost = -1
    for match in LINES.finditer(text):
        item = _ITEM.match(match[0])
        if item is None:
            yield match[0], INSIDE
            continue
        indent = len(item[0]) - len(item[0].lstrip())
        outermost = indent if outermost < 0 else min(outermost, indent)
        yield match[0], _OUTER_ITEM if indent == outermost else _INNER_ITEM


_UNITS: Mapping[str, Callable[[str], _Units]] = {
    **dict.fromkeys(("table", "code", "directive", "html", "front_matter", "comment", "headers", "element"), _of_lines),
    "list": _of_items,
}
