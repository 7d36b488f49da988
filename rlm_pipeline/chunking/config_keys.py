"""The keys of configuration: a path taken apart, and the lines that stand above a value but belong to it.

A value's record goes up to the next one's line. What stands between, comments and the lines that only open a table, a
section or a mapping, is the next one's, as a reader sees it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rlm_pipeline.chunking.fragments import are_apart, is_verbatim
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.sources.prose.block import count_ends

_LOOKED_AT = 1 << 14  # characters at the end of a record's text
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
_COMPONENT = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[^.\[\]]+')
_COMMENT = re.compile(r"\s*+(?:[#;!]|//)")
_DOCUMENT = re.compile(r"(?:---|\.\.\.|%[A-Z])(?:\s|$)")
_SECTION = re.compile(r"\s*+\[{1,2}\s*([^\]\r\n]+?)\s*\]{1,2}\s*(?:[#;].*)?$", re.DOTALL)
_OPENS = re.compile(r"\s*+(?:-[ \t]++)*+([^\s#][^\r\n]*?)[ \t]*:(?:[ \t]+[&!][^\s#]*)*[ \t]*(?:#[^\r\n]*)?\s*$")
_ITEM_ALONE = re.compile(r"\s*+-\s*$")
_LONGEST_OPENING = 1200  # characters of a line that only opens something


def components(key: str) -> tuple[str, ...]:
    """A path's keys and places in arrays, each as written in the path: `servers`, `[0]`, `["my key"]`."""
    return tuple(_COMPONENT.findall(key))


def joined(parts: Sequence[str]) -> str:
    """The path of these keys and places."""
    path = ""
    for part in parts:
        path += part if not path or part.startswith("[") else f".{part}"
    return path


def in_common(parts: Sequence[str], others: Sequence[str]) -> int:
    """How many keys two paths begin with alike."""
    count = 0
    for part, other in zip(parts, others, strict=False):
        if part != other:
            break
        count += 1
    return count


def with_their_lines(records: Iterator[Record]) -> Iterator[tuple[Record | None, Record]]:
    """The records, each behind the lines above it that belong to it, which are a part of the record before."""
    before = next(records, None)
    above: Record | None = None
    if before is None:
        return
    for record in records:
        length = _lines_above(before, record)
        then: Record | None = None
        if length:
            text, start = before.text[:-length], before.end - length
            line = before.line + count_ends(text)
            then = replace(before, text=before.text[-length:], start=start, line=line, cells=record.cells)
            before = replace(before, text=text, end=start)
        yield above, before
        above, before = then, record
    yield above, before


def opened_by(line: str, parts: Sequence[str]) -> int:
    """How many keys of a path a line opens, that is a section's header or a key without a value; 0 for any other."""
    if len(line) > _LONGEST_OPENING:
        return 0
    names = [_name(part) for part in parts]
    if section := _SECTION.match(line):
        inside = [_name(part) for part in components(section[1])]
        named = [place for place, part in enumerate(parts) if not part[1:-1].isdigit()]
        if inside and inside == [names[place] for place in named[: len(inside)]]:
            return named[len(inside) - 1] + 1
        return 0
    found = _OPENS.match(line)
    key = found[1].strip("\"'") if found else ""
    return next((place + 1 for place, name in enumerate(names) if name == key), 0) if found else 0


def is_aside(line: str) -> bool:
    """Whether a line is blank, a comment or a mark between documents."""
    return not line.strip() or _COMMENT.match(line) is not None or _DOCUMENT.match(line) is not None


def lines_of(text: str) -> Iterator[str]:
    """Lines with their ends."""
    return (match[0] for match in _LINE.finditer(text))


def _name(part: str) -> str:
    if part.startswith('["'):
        try:
            return str(json.loads(part[1:-1]))
        except ValueError:
            return part
    return part.strip("\"' ")


def _lines_above(before: Record, record: Record) -> int:
    """How many characters at the end of a record's text belong to the next."""
    if not is_verbatim(before) or not is_verbatim(record) or are_apart(before, record):
        return 0
    if count_ends(before.text) < 2:
        return 0
    lines = list(lines_of(before.text[-_LOOKED_AT:]))[1:]
    parts = components(record.cells.get("key", ""))
    fresh = parts[in_common(parts, components(before.cells.get("key", ""))) :]
    start = record.text[:_LOOKED_AT]
    margin = _indent(start) if start.strip() else _LOOKED_AT
    count = 0
    for line in reversed(lines):
        if not _belongs_below(line, fresh, margin):
            break
        count += 1
    return sum(map(len, _from_its_own(lines[len(lines) - count :])))


def _belongs_below(line: str, fresh: Sequence[str], margin: int) -> bool:
    if not line.strip() or _DOCUMENT.match(line):
        return True
    if _indent(line) > margin:
        return False
    if _COMMENT.match(line):
        return True
    is_short = len(line) <= _LONGEST_OPENING
    return bool(is_short and (_SECTION.match(line) or _ITEM_ALONE.match(line) or opened_by(line, fresh)))


def _from_its_own(lines: Sequence[str]) -> Sequence[str]:
    """Without blank lines at the start, and comments that a blank line parts from what follows: the last value's."""
    comments = next((at for at, line in enumerate(lines) if not _COMMENT.match(line)), len(lines))
    first = comments if comments < len(lines) and not lines[comments].strip() else 0
    while first < len(lines) and not lines[first].strip():
        first += 1
    return lines[first:]


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))
