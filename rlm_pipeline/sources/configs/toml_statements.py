"""TOML, statement by statement: tomllib reads each; one that it does not read is set aside with its reason.

A statement is a table header or a key with its value, over as many lines as its brackets and quotes are open. Numbers
and dates are text as written; keys that are given twice are both recorded.
"""

import re
import tomllib
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from rlm_pipeline.sources.configs.leaf import COLUMNS, DEEPEST, Comments, key_path, leaf, left_comments, set_aside
from rlm_pipeline.sources.prose.lines import Line, lines_of
from rlm_pipeline.sources.reading import Entry, Reading
from rlm_pipeline.sources.recognition import Detected

_LONGEST = 1 << 24
_STRING = r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'"
_TOKEN = re.compile(rf"\"\"\"|'''|{_STRING}|#[^\n]*|[\[\]{{}}\"']")
_CLOSE = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL),
    "'''": re.compile(r".*?'{3,5}", re.DOTALL),
}
_FRESH = re.compile(r"[\w\-\"'. ]{1,200}=|\s*\[\[?[\w\-.\" ]+\]\]?\s*(?:#.*)?$")
_KEYS = re.compile(rf"\s*(?:{_STRING}|[\w-]+)(?:\s*\.\s*(?:{_STRING}|[\w-]+))*\s*=\s*")
_SCALAR = re.compile(
    rf"(\"\"\"(?:[^\\]|\\.)*?\"{{3,5}}|'''.*?'{{3,5}}|{_STRING})|#[^\n]*|([^\s,\[\]{{}}=#\"']+(?: \d\d:[^\s,\]}}#]*)?)",
    re.DOTALL,
)
_KINDS = {bool: "boolean", int: "integer", str: "string"}


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The values of a TOML file."""
    return Reading(columns=COLUMNS, entries=toml_entries(lines_of(path, detected.encoding)))


def toml_entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """The values of a TOML text."""
    tables = _Tables()
    comments = Comments()
    last = 1
    waiting = deque[Line]()
    source = iter(lines)
    while (line := waiting.popleft() if waiting else next(source, None)) is not None:
        last = line.number
        text = line.text.strip()
        if not text:
            continue
        if text.startswith("#"):
            yield from comments.add(line.number, text)
            continue
        statement = _statement(line, waiting, source)
        try:
            entries = list(_entries(statement, tables, comments.texts))
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deep"
            waiting.extendleft(reversed(statement.lines[1:]))
            if statement.is_header:
                tables.path = (text,)
            yield set_aside(line.number, line.text, f"not TOML: {reason}")
        else:
            last = statement.lines[-1].number
            yield from entries
            if not statement.is_header:
                comments.take()
    yield from left_comments(last, comments.take())


@dataclass(slots=True, kw_only=True)
class _Statement:
    lines: list[Line]
    comments: list[tuple[int, str]] = field(default_factory=list)  # lines below the first, and text
    depth: int = 0
    quote: str = ""
    size: int = 0

    @property
    def is_header(self) -> bool:
        return self.lines[0].text.lstrip().startswith("[")

    @property
    def is_open(self) -> bool:
        return self.depth > 0 or bool(self.quote)

    @property
    def text(self) -> str:
        return "\n".join(line.text.rstrip("\r\n") for line in self.lines)

    def scan(self, line: Line) -> None:
        """Follow brackets and quotes through one more line."""
        text = line.text.rstrip("\r\n")
        self.size += len(text)
        place = 0
        while place < len(text):
            if self.quote:
                close = _CLOSE[self.quote].match(text, place)
                if close is None:
                    return
                place, self.quote = close.end(), ""
            token = _TOKEN.search(text, place)
            if token is None:
                return
            place = token.end()
            if token[0] in {'"', "'"}:
                return  # a string that does not end on its line
            if token[0] in _CLOSE:
                self.quote = token[0]
            elif token[0][0] == "#":
                self.comments.append((line.number - self.lines[0].number, token[0]))
            elif token[0] in "[{":
                self.depth += 1
            elif token[0] in "]}":
                self.depth -= 1


def _statement(first: Line, waiting: deque[Line], source: Iterator[Line]) -> _Statement:
    statement = _Statement(lines=[first])
    statement.scan(first)
    while statement.is_open and not statement.is_header and statement.size < _LONGEST:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            break
        if not statement.quote and _FRESH.match(line.text):
            waiting.appendleft(line)
            break
        statement.lines.append(line)
        statement.scan(line)
    return statement


@dataclass(slots=True)
class _Tables:
    """The table that is open, and how many tables each array of tables has."""

    path: tuple[str | int, ...] = ()
    counts: Counter[tuple[str | int, ...]] = field(default_factory=Counter)

    def enter(self, keys: list[str], *, in_array: bool) -> None:
        path: tuple[str | int, ...] = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            if in_array and place == len(keys) - 1:
                self.counts[path] += 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        self.path = path


def _entries(statement: _Statement, tables: _Tables, comments: list[str]) -> Iterator[Entry]:
    text = statement.text
    content: Any = tomllib.loads(text, parse_float=_Number)
    first = statement.lines[0].number
    if statement.is_header:
        keys = []
        while isinstance(content, dict) and content:
            (key, content), *_ = content.items()
            keys.append(key)
        tables.enter(keys, in_array=isinstance(content, list))
        comments.extend(text for _, text in statement.comments)
        return
    head = _KEYS.match(text)
    scalars = list(_scalars(text, head.end() if head else 0))
    leaves = list(_leaves(content, tables.path))
    written = [value for _, value in leaves if not isinstance(value, dict | list)]
    exact = iter(scalars if len(scalars) == len(written) else [(0, "")] * len(written))
    notes = [*((-1, text) for text in comments), *statement.comments]
    offset = 0
    for place, (path, value) in enumerate(leaves, 1):
        raw = ""
        if not isinstance(value, dict | list):
            offset, raw = next(exact)
        kind = _kind(value)
        shown = (
            value
            if kind == "string"
            else raw or ("[]" if kind == "array" else "{}" if kind == "object" else str(value))
        )
        # Comments above a value and behind it are its own; what follows the last value is the last one's.
        own = [text for line, text in notes if line <= offset or place == len(leaves)]
        notes = notes[len(own) :]
        yield leaf(first + offset, key_path(path), str(shown), kind, own)


class _Number(str):
    """A float as it is written."""

    __slots__ = ()


def _kind(value: Any) -> str:
    if isinstance(value, _Number):
        return "number"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else _KINDS.get(type(value), "date")


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if len(path) > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} deep")
    if isinstance(value, dict) and value:
        yield from chain.from_iterable(_leaves(each, (*path, key)) for key, each in value.items())
    elif isinstance(value, list) and value:
        yield from chain.from_iterable(_leaves(each, (*path, place)) for place, each in enumerate(value))
    else:
        yield path, value


def _scalars(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The scalars of a value in their order, keys of inline tables aside: lines below the first, and text."""
    lines, counted = 0, 0
    for match in _SCALAR.finditer(text, start):
        token = match[1] or match[2]
        if token is None or text[match.end() : match.end() + 50].lstrip(" \t").startswith(("=", ".")):
            continue
        lines += text.count("\n", counted, match.start())
        counted = match.start()
        yield lines, token
