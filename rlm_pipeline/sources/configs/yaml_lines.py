"""The lines of a file that has stopped being YAML: those that are a key with a value, by their indentation."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlm_pipeline.sources.configs.leaf import DEEPEST, key_path, leaf, left_comments, set_aside
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
    walk = _Walk(stopped)
    told = False
    last = stopped.line
    for line in lines:
        if not told and line.number >= stopped.line:
            told = True
            yield from walk.end()
            yield set_aside(stopped.line, stopped.raw, f"{stopped.reason} (line {stopped.line})")
            if line.number == stopped.line:
                continue
        last = max(last, line.number)
        yield from walk.take(line)
    yield from walk.end()
    if not told:
        yield set_aside(stopped.line, stopped.raw, f"{stopped.reason} (line {stopped.line})")
    yield from left_comments(last, walk.comments)


@dataclass(slots=True)
class _Key:
    """A key whose value is not on its line; `text` are the lines of a text below it, None where none was announced."""

    line: int
    path: str
    column: int
    text: list[str] | None


class _Walk:
    """Where in the lines the reading is; `comments` are those since the last value."""

    def __init__(self, stopped: Stopped) -> None:
        self.comments: list[str] = []
        self._places = list(stopped.open)[:DEEPEST]
        self._stopped = stopped
        self._key: _Key | None = None

    def take(self, line: Line) -> Iterator[Entry]:
        """The records that end above one more line, or are on it."""
        text = line.text.rstrip("\r\n")
        key = self._key
        if line.blank:
            return
        if key and key.text is not None:
            if line.indent > key.column:
                key.text.append(text.strip())
                return
            yield from self.end()
        if text.lstrip().startswith("#"):
            self.comments.append(text)
        elif text.rstrip() in {"---", "..."}:
            yield from self.end()
        else:
            yield from self._entry(line, text)

    def end(self) -> Iterator[Entry]:
        """The value of the key that is open: a text, or nothing."""
        key, self._key = self._key, None
        if key:
            yield self._leaf(key.line, key.path, "\n".join(key.text or ()), "null" if key.text is None else "string")

    def _leaf(self, line: int, path: str, value: str, kind: str) -> Entry:
        comments, self.comments = self.comments, []
        return leaf(line, path, value, kind, comments)

    def _entry(self, line: Line, text: str) -> Iterator[Entry]:
        match = LINE.fullmatch(text)
        in_item = match is not None and "-" in match["dashes"]
        if match is None or (match["key"] is None and not in_item and text.strip() != "-"):
            yield from self.end()
            where = f"behind line {self._stopped.line}, where the file is {self._stopped.reason}"
            yield set_aside(line.number, text, f"no key with a value, {where}")
            return
        if self._key and (line.indent > self._key.column or (in_item and line.indent == self._key.column)):
            self._key = None  # what is below it is its value
        yield from self.end()
        self._enter(match, text)
        written = match["item"] if match["key"] is None else match["value"]
        path = key_path([key for _, key in self._places])
        value, comment = _without_comment(written or "")
        self.comments += comment
        is_text = _BLOCK.fullmatch(value) is not None
        if is_text or (not value and match["key"] is not None):
            self._key = _Key(line.number, path, self._places[-1][0] if self._places else 0, [] if is_text else None)
        elif value:
            quoted = _QUOTED.fullmatch(value)
            bare = value if quoted is None else quoted[1] or quoted[2] or ""
            yield self._leaf(line.number, path, bare, _type(value) if quoted is None else "string")

    def _enter(self, match: re.Match[str], text: str) -> None:
        """Make the dashes and the key of a line the last of the open places."""
        for column, character in enumerate(match["dashes"] if match["key"] or match["item"] else text):
            if character == "-":
                _enter_item(self._places, column)
        if match["key"] is not None:
            column = len(match["dashes"])
            while self._places and self._places[-1][0] >= column:
                self._places.pop()
            quoted = _QUOTED.fullmatch(match["key"])
            self._places.append((column, match["key"].strip() if quoted is None else quoted[1] or quoted[2] or ""))
            del self._places[DEEPEST:]


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
