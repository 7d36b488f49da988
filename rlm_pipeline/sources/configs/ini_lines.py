"""INI, properties and .env files: sections, keys and values, read line by line; what is neither is set aside.

A key may be followed by =, by a colon, or by nothing. A value goes on on lines that are indented deeper than its key,
and behind a backslash at the end of a line; one that has lines below its key may have blank lines and comments among
them. Values are not interpolated; what stands behind them stays in them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rlm_pipeline.sources.configs.leaf import COLUMNS, Comments, leaf, left_comments, set_aside
from rlm_pipeline.sources.prose.block import count_ends
from rlm_pipeline.sources.prose.lines import Line, lines_of
from rlm_pipeline.sources.reading import Entry, Reading
from rlm_pipeline.sources.recognition import Detected

# White space around names and values is left in, to be stripped: patterns that leave it out take quadratic time.
SECTION = re.compile(r"\s*\[\s*+([^\]]++)\]\s*(?:[;#].*)?")
VALUE = re.compile(r"(\s*+)(?:export\s+)?([^\s=:\[][^=:]{0,600}+)[=:](.*)", re.DOTALL)

_KEY_ALONE = re.compile(r"(\s*)([\w.\-/]{1,200})\s*")
_COMMENT = ("#", ";", "!")
_LONGEST_VALUE = 1 << 20


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The values of an INI, properties or .env file."""
    return Reading(columns=COLUMNS, entries=ini_entries(lines_of(path, detected.encoding, empty_runs=True)))


@dataclass(slots=True, kw_only=True)
class _Value:
    line: int
    indent: int
    key: str
    parts: list[str]
    kind: str
    comments: list[str]
    size: int = 0
    blanks: int = 0  # blank lines behind it, which are part of it if it goes on

    @property
    def has_lines(self) -> bool:
        """Whether it is written on lines below its key."""
        return self.kind != "null" and (len(self.parts) > 1 or not self.parts[0])

    @property
    def continues(self) -> bool:
        """Whether a backslash at its end says that it goes on."""
        text = self.parts[-1]
        return self.kind != "null" and (len(text) - len(text.rstrip("\\"))) % 2 == 1

    def entry(self) -> Entry:
        return leaf(self.line, self.key, "\n".join(self.parts), self.kind, self.comments)


@dataclass(slots=True, kw_only=True)
class _State:
    section: str = ""
    value: _Value | None = None
    comments: Comments = field(default_factory=Comments)


def ini_entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """The values of an INI text."""
    state = _State()
    last = 1
    for line in lines:
        last = line.number + (_height(line) - 1 if line.blank else 0)
        if state.value or not line.blank:
            yield from _take(line, state)
    if state.value:
        yield state.value.entry()
    yield from left_comments(last, state.comments.take())


def _height(line: Line) -> int:
    """Lines that a blank one stands for."""
    return max(1, count_ends(line.text))


def _take(line: Line, state: _State) -> Iterator[Entry]:
    text = line.text.rstrip("\r\n")
    value = state.value
    if value and not line.blank and _goes_on(value, line):
        value.parts += [*[""] * value.blanks, text]
        value.size, value.blanks = value.size + len(text), 0
        return
    if value and value.has_lines and not value.continues and _is_among(value, line):
        value.blanks += _height(line) if line.blank else 0
        value.comments += [] if line.blank else [text]
        value.size += len(line.text)
        return
    if value:
        yield value.entry()
        state.value = None
    if line.blank:
        return
    if text.lstrip().startswith(_COMMENT):
        yield from state.comments.add(line.number, text)
    elif section := SECTION.fullmatch(text):
        state.section = section[1].strip()
    elif match := VALUE.fullmatch(text) or _KEY_ALONE.fullmatch(text):
        key = f"{state.section}.{match[2].rstrip()}" if state.section else match[2].rstrip()
        written, kind = (match[3].strip(), "string") if match.re is VALUE else ("", "null")
        state.value = _Value(
            line=line.number, indent=len(match[1]), key=key, parts=[written], kind=kind, comments=state.comments.take()
        )
    else:
        yield set_aside(line.number, text, "neither a section, nor a key with a value, nor a comment")


def _is_among(value: _Value, line: Line) -> bool:
    """Whether a line is one that may stand among those of a value: blank, or a comment as deep as they are."""
    if value.size > _LONGEST_VALUE:
        return False
    text = line.text.lstrip()
    return line.blank or (text.startswith(_COMMENT) and len(line.text) - len(text) > value.indent)


def _goes_on(value: _Value, line: Line) -> bool:
    if value.size > _LONGEST_VALUE:
        return False
    if value.continues:
        return True
    text = line.text
    deeper = len(text) - len(text.lstrip()) > value.indent
    return deeper and value.kind != "null" and not text.lstrip().startswith((*_COMMENT, "["))
