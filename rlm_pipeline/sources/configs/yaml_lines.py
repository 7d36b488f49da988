"""The lines of a file that has stopped being YAML: those that are a key with a value, by their indentation."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlm_pipeline.sources.configs.leaf import DEEPEST, key_path, leaf, set_aside
from rlm_pipeline.sources.configs.yaml_types import plain_type
from rlm_pipeline.sources.prose.lines import Line
from rlm_pipeline.sources.reading import Entry

LINE = re.compile(
    r"(?P<dashes>\s*(?:-[ \t]+)*)"
    r"(?:(?P<key>\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\-#\[\]{},\"'&*!|>%@`:][^:#]{0,300}?|-[\w-]+)[ \t]*:"
    r"(?:[ \t]+(?P<value>.*))?"
    r"|(?P<item>[^#].*))?",
    re.DOTALL,
)
_COMMENT = re.compile(r"\s+(#.*)$")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Where a parser stopped: the line and its text, its reason, and the columns and keys of what was open."""

    line: int
    raw: str
    reason: str
    open: list[tuple[int, str | int]]


def entries_of_lines(lines: Iterable[Line], stopped: Stopped) -> Iterator[Entry]:
    """The values on `lines`, those that are none set aside, and at least the line that stopped the parser."""
    places = list(stopped.open)[:DEEPEST]
    block = _BlockScalar()
    told = False
    for line in lines:
        text = line.text.rstrip("\r\n")
        if not told and line.number >= stopped.line:
            told = True
            yield from block.end()
            yield set_aside(stopped.line, stopped.raw, f"{stopped.reason} (line {stopped.line})")
            if line.number == stopped.line:
                continue
        if line.blank or block.takes(line):
            continue
        yield from block.end()
        if text.lstrip().startswith("#") or text.rstrip() in {"---", "..."}:
            continue
        yield from _entry(line.number, text, places, block, stopped)
    yield from block.end()
    if not told:
        yield set_aside(stopped.line, stopped.raw, f"{stopped.reason} (line {stopped.line})")


class _BlockScalar:
    """A text below its key, on lines that are indented deeper."""

    def __init__(self) -> None:
        self._line = 0
        self._path = ""
        self._column = 0
        self._texts: list[str] = []

    def start(self, line: int, path: str, column: int) -> None:
        """A key with `|` or `>` for its value."""
        self._line, self._path, self._column, self._texts = line, path, column, []

    def takes(self, line: Line) -> bool:
        """Whether a line is part of the text."""
        inside = bool(self._line) and line.indent > self._column
        if inside:
            self._texts.append(line.text.strip())
        return inside

    def end(self) -> Iterator[Entry]:
        """The text that was open."""
        if self._line:
            yield leaf(self._line, self._path, "\n".join(self._texts), "string")
            self._line = 0


def _entry(
    line: int, text: str, places: list[tuple[int, str | int]], block: _BlockScalar, stopped: Stopped
) -> Iterator[Entry]:
    match = LINE.fullmatch(text)
    in_item = match is not None and "-" in match["dashes"]
    if match is None or (match["key"] is None and not in_item and text.strip() != "-"):
        yield set_aside(
            line, text, f"no key with a value, behind line {stopped.line}, where the file is {stopped.reason}"
        )
        return
    dashes = match["dashes"] if match["key"] or match["item"] else text
    for column, character in enumerate(dashes):
        if character == "-":
            _enter_item(places, column)
    written = match["item"] if match["key"] is None else match["value"]
    if match["key"] is not None:
        column = len(match["dashes"])
        while places and places[-1][0] >= column:
            places.pop()
        quoted = _QUOTED.fullmatch(match["key"])
        places.append((column, match["key"].strip() if quoted is None else quoted[1] or quoted[2] or ""))
        del places[DEEPEST:]
    path = key_path([key for _, key in places])
    value, comment = _without_comment(written or "")
    if _BLOCK.fullmatch(value):
        block.start(line, path, places[-1][0] if places else 0)
    elif value:
        quoted = _QUOTED.fullmatch(value)
        bare = value if quoted is None else quoted[1] or quoted[2] or ""
        yield leaf(line, path, bare, _type(value) if quoted is None else "string", comment)


def _enter_item(places: list[tuple[int, str | int]], column: int) -> None:
    """The next item of the sequence whose dashes are in `column`."""
    while places and (places[-1][0] > column or (places[-1][0] == column and isinstance(places[-1][1], int))):
        last = places.pop()
        if last[0] == column and isinstance(last[1], int):
            places.append((column, last[1] + 1))
            return
    places.append((column, 0))
    del places[DEEPEST:]


def _without_comment(text: str) -> tuple[str, list[str]]:
    match = None if text[:1] in {'"', "'"} else _COMMENT.search(f" {text}")
    if match is None:
        return text.strip(), []
    return f" {text}"[: match.start()].strip(), [match[1]]


def _type(value: str) -> str:
    if value[:1] == "*":
        return "alias"
    return plain_type(value)
