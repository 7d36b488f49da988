"""reStructuredText: its blocks below the section titles, by its indentation and its adornments.

A title is underlined, or under- and overlined, with one punctuation character; the styles stand for levels in the order
of their first appearance. Nothing is included, nothing is run: directives are blocks as they are written.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rlm_pipeline.sources.prose.block import BLOCK_LIMIT, COLUMNS, Block, Outline, entries
from rlm_pipeline.sources.prose.lines import Line, block_of, groups, lines_of
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*\s*")
EXPLICIT = re.compile(r"\.\.(?:\s|$)")
DIRECTIVE = re.compile(r"\.\.\s+(?:\|[^|]+\|\s+)?([\w.:+-]*\w)\s?::(?:\s|$)")

_TARGET = re.compile(r"\.\.\s+(?:_|\[|\|)|__\s")
_LIST = re.compile(r"(?:[-*+•‣\u2043]|\(?(?:\d+|#|[a-zA-Z]|[ivxlcdmIVXLCDM]+)[.)]|:[^:\s][^:]*:)(?:\s|$)")
_SIMPLE = re.compile(r"=+(?:\s+=+)+\s*")
_STARTS = (
    ("definition", _TARGET),
    ("comment", EXPLICIT),
    ("table", re.compile(rf"(?:\+(?:[-=]+\+)+|{_SIMPLE.pattern})\s*$")),
    ("code", re.compile(">>>")),
    ("list", _LIST),
)
_DIRECTIVES = dict.fromkeys(("table", "list-table", "csv-table"), "table") | dict.fromkeys(
    ("code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "math", "testcode", "doctest"), "code"
)
_JOINS_INDENTED = frozenset({"list", "directive", "code", "comment", "definition", "quote", "table"})
_LONGEST_TITLE = 500


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The blocks of a reStructuredText file."""
    return Reading(columns=COLUMNS, entries=entries(restructured_blocks(lines_of(path, detected.encoding))))


class _Part(NamedTuple):
    """A block that may go on behind blank lines."""

    kind: str
    heading: str
    lines: list[Line]

    @property
    def last(self) -> str:
        """Its last line that is not blank."""
        return next(line.text for line in reversed(self.lines) if not line.blank)


def restructured_blocks(lines: Iterable[Line]) -> Iterator[Block]:
    """The blocks of a reStructuredText."""
    outline = Outline()
    styles: list[str] = []
    part: _Part | None = None
    size = 0
    for run in groups(lines, with_blanks=True):
        group = run
        length = sum(len(line.text) for line in group)
        if part and size + length <= BLOCK_LIMIT and _joins(part, group):
            used = _until_dedent(group) if group[0].indent > 0 and part.kind != "list" else len(group)
            part.lines.extend(group[:used])
            size += length
            group = group[used:]
            if not group:
                continue
        literal = part is not None and part.kind == "paragraph" and part.last.rstrip().endswith("::")
        parts = [*([part] if part else []), *_parts(group, literal=literal, outline=outline, styles=styles)]
        yield from (block_of(before.lines, before.heading, before.kind) for before in parts[:-1])
        part = parts[-1]
        size = sum(len(line.text) for line in part.lines)
    if part:
        yield block_of(part.lines, part.heading, part.kind)


def title_lines(group: list[Line]) -> int:
    """How many lines at the start of `group` are a section title with its adornment; 0 if there is none."""
    texts = [line.text[:_LONGEST_TITLE].rstrip() for line in group[:3]]
    if len(texts) == 3 and _adorns(texts[0], texts[1].strip()) and texts[2] == texts[0]:
        return 0 if ADORNMENT.fullmatch(texts[1]) else 3
    if len(texts) < 2 or texts[0][:1].isspace() or ADORNMENT.fullmatch(texts[0]):
        return 0
    return 2 if _adorns(texts[1], texts[0]) else 0


def _adorns(line: str, title: str) -> bool:
    return ADORNMENT.fullmatch(line) is not None and bool(title) and len(line) >= min(4, len(title))


def _joins(part: _Part, group: list[Line]) -> bool:
    """Whether `group` goes on with a block, behind blank lines."""
    if group[0].indent > 0:
        return part.kind in _JOINS_INDENTED
    if part.kind == "list":
        return _LIST.match(group[0].text) is not None and not title_lines(group)
    simple = part.kind == "table" and _SIMPLE.fullmatch(part.lines[0].text)
    return bool(simple) and not _SIMPLE.fullmatch(part.last)


def _parts(group: list[Line], *, literal: bool, outline: Outline, styles: list[str]) -> Iterator[_Part]:
    """The blocks that start in a run of lines; titles are entered into the outline as they come."""
    rest = group
    while rest and not rest[0].blank:
        used = title_lines(rest)
        if used:
            title, adornment = rest[used - 2].text, rest[used - 1].text
            style = adornment[0] * (used - 1)
            if style not in styles:
                styles.append(style)
            outline.enter(styles.index(style) + 1, title)
            yield _Part("heading", outline.path, rest[:used])
        else:
            used = _until_dedent(rest) if EXPLICIT.match(rest[0].text) or _TARGET.match(rest[0].text) else len(rest)
            yield _Part(_kind(rest, literal=literal and rest is group), outline.path, rest[:used])
        rest = rest[used:]


def _until_dedent(lines: list[Line]) -> int:
    """Lines of a directive or comment: the first, and those indented or blank behind it."""
    return next(
        (place for place in range(1, len(lines)) if lines[place].indent == 0 and not lines[place].blank), len(lines)
    )


def _kind(lines: list[Line], *, literal: bool) -> str:
    first = lines[0].text
    if lines[0].indent > 0:
        return "code" if literal else "quote"
    if directive := DIRECTIVE.match(first):
        return _DIRECTIVES.get(directive[1], "directive")
    kind = next((kind for kind, pattern in _STARTS if pattern.match(first)), "")
    filled = [line for line in lines if not line.blank]
    if kind:
        return kind
    if len(filled) == 1 and ADORNMENT.fullmatch(first) and len(first.rstrip()) >= 4:
        return "rule"
    return "list" if len(filled) > 1 and filled[1].indent > 0 else "paragraph"
