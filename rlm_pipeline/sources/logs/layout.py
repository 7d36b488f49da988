"""How a log's lines begin: the header that its records share, found from a sample of its lines.

Lines are sorted by the shape of their timestamp and the number of words before it. For each such kind the header is
extended element by element (separator, level, thread in brackets, logger, host and tag) for as long as nearly all lines
of the kind go on with the same element; what remains of a line is its message. A line that has only the first elements
keeps those: the elements are nested, each optional with all that follow it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rlm_pipeline.sources.logs import timestamps as ts
from rlm_pipeline.sources.logs.header import DECORATED, PAIRS, STAMP, STAMPED, Layout

_MOST_LEADING = 6  # words before the timestamp
_HEAD = 256  # characters of a line in which its timestamp is looked for
_NEARLY_ALL = 0.9
_KINDS = 6  # of headers in one file
_FIRST_SHARE = 0.005  # of the sampled lines, for a day and a time that start a line
_INNER_SHARE = 0.05  # for one that stands after words
_PAIRED_SHARE = 0.3  # for keys with values, the first of which is the line's first word
_WEAK_SHARE = 0.2  # for a shape that text has by chance
_MOST_ELEMENTS = 14
_LEVEL_FIRST = "level"  # the shape of lines without a time that begin with a level
_LEADING_WORD = r"[^\s]{1,128}[ \t]+"
_LOGGER = r"(?P<component>[^\s]{0,80}[A-Za-z_][^\s]{0,80})"

CONTINUATION = re.compile(
    r"\s|$|at |Caused by: |Suppressed: |\.\.\. \d+ |Traceback \(|During handling of |The above exception |[}\])]|"
    r"(?:[a-z]\w{0,40}\.){1,12}(?:[A-Z]\w{0,80})?(?:Exception|Error|Throwable)\b|[A-Z]\w{0,80}(?:Error|Exception)(?::|$)"
)
"""How a line begins that belongs to the one above, whatever the file."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The shape of a line's timestamp and the words before it."""

    shape: str
    leading: int


@dataclass(frozen=True, slots=True)
class _Element:
    """A piece of header: its pattern, and in which group its text is: `component`, or inside the pattern itself."""

    name: str
    pattern: str
    rank: int = 0  # as a component; the highest of a header names it


_BRACKETS = r"\[[^\[\]\r\n]{0,120}(?:\[[^\[\]\r\n]{0,120}\][^\[\]\r\n]{0,120}){0,4}\]"
_TAG = r"[^\s:\[\](){}\"'=,]{1,80}(?:\([^\s()]{1,40}\))?(?:\[\d+\])?"
_LOOSE_TAG = r"[^\r\n:\[\]\"=]{1,48}(?:\[\d+\])?"
_STRUCTURED = r"(?:-|(?:\[[^\]\r\n]{0,1000}\])+)"
_PUNCTUATION = _Element("separator", r"[ \t]*(?:[-|:;,>=]|--+|->|=>|::)[ \t]+|[ \t]*[|:,;]")
_SPACE = _Element("space", r"[ \t]+")
_THREAD = _Element("thread", rf"(?P<component>{_BRACKETS})", 2)
_LEVEL_THREAD = _Element("level", rf"\[(?P<level>{ts.ANY_CASE_LEVEL})[ \t]*\]")
_NAME = _Element("tag", r"(?P<component>[\w.$/-]{1,80})(?=:)", 4)


def _elements() -> tuple[_Element, ...]:
    """What a header may go on with, the most telling first."""
    far = [
        _Element("level", rf"(?:{_LEADING_WORD}){{{words}}}{_LOGGER}(?:[ \t]+[-|:])?[ \t]+(?P<level>{ts.LEVEL})", 1)
        for words in range(6)
    ]
    return (
        _Element("level", DECORATED),
        _Element("level letter", rf"(?P<level>{ts.LEVEL_LETTER})"),
        _Element("time", rf"{ts.OPENING}(?:{STAMP}){ts.CLOSING}(?!\S)"),
        _Element("syslog", rf"(?:{_LEADING_WORD}){{0,2}}{ts.SHAPES['syslog']}(?!\S)"),
        *far,
        _THREAD,
        _Element("thread", r"\([^()\r\n]{1,120}\)|<[^<>\r\n]{1,120}>|\{[^{}\r\n]{1,120}\}"),
        _Element("number", r"-?\d{1,20}(?=[ \t]|$)"),
        _Element("source line", r"(?P<component>[^\s\[\]:]{1,80}:\d{1,7})\]", 3),
        _Element("tag", rf"/?(?P<component>{_TAG})[ \t]*:(?=\s)", 4),
        _Element("field", r"[^|\s][^|\r\n]{0,80}(?=\|)"),
        _Element("logger", r"(?P<component>[\w.$/@-]{1,120})(?=[ \t]+\[)", 3),
        _Element("dash", r"(?P<component>[^\s\[\]]{1,120}(?:[ \t]+[^\s\[\]]{1,80}){0,2}?)(?=[ \t]+-[ \t])", 4),
        _Element("column", r"(?P<component>[^\s:]{1,80})(?=[ \t]{2,}|\t)", 3),
    )


_SYSLOG_HOST = _Element("host", r"(?P<component>[^\s:\[\]]{1,80})(?=[ \t]+\S)", 1)
_SYSLOG_TAG = _Element("tag", rf"(?P<component>{_LOOSE_TAG}):(?=\s)", 4)
_HOST_OF_TAG = _Element("host", rf"(?P<component>[^\s:\[\]]{{1,80}})(?=[ \t]+{_TAG}:\s)", 1)
_RFC_5424 = _Element("structured", rf"\S+[ \t]+(?P<component>\S+)[ \t]+\S+[ \t]+\S+[ \t]+{_STRUCTURED}", 5)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_ANY_SHAPE = ts.find_pattern(ts.SHAPES)
_AFTER_WORDS = ts.find_pattern([*ts.STRONG, "epoch"])  # what a table has in its second cell is often a time of day
_TWO_DIGITS = re.compile(r"\d\d", re.ASCII)
_BETWEEN_WORDS = re.compile(r"[ \t]+(?=\S)")
_BEFORE = re.compile(rf"{ts.PRIORITY}{ts.OPENING}", re.ASCII)
_VERSIONED = re.compile(r"<\d{1,3}>\d ")
_FIRST_LEVEL = re.compile(rf"{DECORATED}(?=[ \t]*[:\])|/ \t-])", re.ASCII)


def kind_of(line: str) -> _Kind | None:
    """The kind of header `line` may begin with, by its first timestamp; None without one."""
    head = line[:_HEAD]
    has_time = _TWO_DIGITS.search(head) is not None  # as every shape has; most lines that are no log's have none
    starts = [0, *(match.end() for match in _BETWEEN_WORDS.finditer(head))][: _MOST_LEADING + 1] if has_time else []
    for words, start in enumerate(starts):
        before = _BEFORE.match(head, start)
        match = (_AFTER_WORDS if words else _ANY_SHAPE).match(head, before.end() if before else start)
        if match is not None and match.lastgroup is not None:
            return _Kind(match.lastgroup, words)
    return _Kind(_LEVEL_FIRST, 0) if _FIRST_LEVEL.match(head) else None


def infer(lines: Iterable[str]) -> tuple[Layout, ...]:
    """The layouts of a log from a sample of its lines, the most frequent first; empty where lines have no header."""
    kept = [line.rstrip("\r\n") for line in lines]
    kept = [line for line in kept if not CONTINUATION.match(line)]
    by_kind: dict[_Kind, list[str]] = {}
    for line in kept:
        kind = kind_of(line)
        if kind is not None:
            by_kind.setdefault(kind, []).append(line)
    frequent = sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0].shape, item[0].leading))
    usual = [(kind, members) for kind, members in frequent if _is_header(kind, len(members), len(kept))]
    if any(kind.shape != _LEVEL_FIRST for kind, _ in usual):
        usual = [(kind, members) for kind, members in usual if kind.shape != _LEVEL_FIRST]
    paired = sum(PAIRS.header(line) is not None for line in kept) / len(kept) if kept and not usual else 0.0
    if paired >= _PAIRED_SHARE:
        return (replace(PAIRS, share=paired),)
    layouts = [_layout(kind, members, len(members) / len(kept)) for kind, members in usual[:_KINDS]]
    return (*layouts, STAMPED) if layouts else ()


def _is_header(kind: _Kind, count: int, of: int) -> bool:
    if kind.shape in ts.STRONG:
        return count >= (_INNER_SHARE if kind.leading else _FIRST_SHARE) * of
    return count >= _WEAK_SHARE * of


def _start(kind: _Kind, members: Sequence[str]) -> str:
    """The pattern up to and with the timestamp; of the words before it the first that is a name is the component."""
    if kind.shape == _LEVEL_FIRST:
        return _FIRST_LEVEL.pattern
    stamp = rf"{ts.PRIORITY}{ts.OPENING}(?P<timestamp>{ts.SHAPES[kind.shape]}){ts.CLOSING}"
    words = [_LEADING_WORD] * kind.leading
    named = next((place for place in range(kind.leading) if _is_name(place, members)), None)
    if named is not None:
        words[named] = r"(?P<component>[^\s]{1,128})[ \t]+"
    return "".join(words) + stamp


def _is_name(place: int, members: Sequence[str]) -> bool:
    """Whether the word at `place` names something in nearly all lines, rather than count."""
    words = [line.split(None, place + 1)[place] for line in members]
    named = sum(not word.isdigit() and any(character.isalnum() for character in word) for word in words)
    return named >= _NEARLY_ALL * len(words)


def _layout(kind: _Kind, members: Sequence[str], share: float) -> Layout:
    start = _start(kind, members)
    states = [(line, match.end()) for line in members if (match := _compiled(start).match(line))]
    elements = _extend(kind, states)
    best = max((element.rank for element in elements), default=0)
    if best:
        start = start.replace("?P<component>", "?:")
    pattern = ""
    for element in reversed(elements):
        own = element.pattern
        if element.rank < best or not element.rank:
            own = own.replace("?P<component>", "?:")
        else:
            best += 1  # only the last of the highest rank
        pattern = f"(?:(?:{own}){pattern})?"
    name = " ".join([*(["words"] if kind.leading else []), kind.shape, *_names(elements)])
    return Layout(name=name if kind.shape != "klog" else "klog", pattern=_compiled(start + pattern), share=share)


def _names(elements: Sequence[_Element]) -> list[str]:
    return [element.name for element in elements if element.name not in {"separator", "space"}]


def _extend(kind: _Kind, states: list[tuple[str, int]]) -> list[_Element]:
    """The elements that nearly all lines go on with; `states` are the lines and how far they are read."""
    found: list[_Element] = []
    enough = _NEARLY_ALL * len(states)
    spaced = False
    while len(found) < _MOST_ELEMENTS and states:
        element, after = _next(kind, states, found, enough, spaced=spaced)
        if element is None:
            break
        spaced = element.name in {"separator", "space"}
        found.append(element)
        states = after
    return found


def _next(
    kind: _Kind, states: list[tuple[str, int]], found: Sequence[_Element], enough: float, *, spaced: bool
) -> tuple[_Element | None, list[tuple[str, int]]]:
    for element in _candidates(kind, states, found, spaced=spaced):
        pattern = _compiled(element.pattern)
        after = [(line, match.end()) for line, at in states if (match := pattern.match(line, at)) and match.end() > at]
        if len(after) >= enough:
            return element, after
    return None, []


def _candidates(
    kind: _Kind, states: list[tuple[str, int]], found: Sequence[_Element], *, spaced: bool
) -> Sequence[_Element]:
    had = {element.name for element in found}
    has_level = bool(had & {"level", "level letter"}) or kind.shape in {_LEVEL_FIRST, "klog"}
    if not spaced:
        return (_PUNCTUATION, _SPACE, *([] if has_level else [_LEVEL_THREAD]), _THREAD)
    if had & {"tag", "dash", "structured"}:
        return ()
    able = [element for element in _elements() if not (has_level and "level" in element.name)]
    if kind.shape == _LEVEL_FIRST:
        return (*able, _NAME)
    if kind.shape == "iso" and had <= {"space"}:
        return (_RFC_5424, *able) if _VERSIONED.match(states[0][0]) else (*able, _HOST_OF_TAG)
    if kind.shape == "syslog" or "syslog" in had:
        return (_SYSLOG_TAG, *able) if "host" in had else (_SYSLOG_HOST, *able)
    return (*able, _SYSLOG_TAG) if "host" in had else able
