"""YAML by the events of its parser: nothing is constructed, no alias is expanded, memory does not grow with the file.

An alias is a value `*name`, an anchor a value `&name` of its own; tags are types. Keys of the second and later
documents of a stream start with the document's number: `(2).servers[0].host`. Where the file stops being YAML, the rest
is read line by line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml

from rlm_pipeline.sources.configs.fed_lines import FedLines, as_written
from rlm_pipeline.sources.configs.leaf import COLUMNS, DEEPEST, key_path, leaf, left_comments, set_aside
from rlm_pipeline.sources.configs.yaml_lines import Stopped, entries_of_lines
from rlm_pipeline.sources.configs.yaml_types import scalar_type
from rlm_pipeline.sources.prose.lines import Line, lines_of
from rlm_pipeline.sources.quarantine import RAW_LIMIT
from rlm_pipeline.sources.reading import Entry, Reading
from rlm_pipeline.sources.recognition import Detected

_LONGEST_VALUE = 1 << 25  # characters, as they are written
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The values of a YAML file."""
    return Reading(columns=COLUMNS, entries=yaml_entries(lines_of(path, detected.encoding)))


def yaml_entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """The values of a YAML text."""
    fed = FedLines(lines)
    walk = _Walk(fed)
    try:
        for event in yaml.parse(fed, Loader=_LOADER):
            for entry in walk.take(event):
                yield from sorted((*walk.spilled, entry), key=attrgetter("line"))
                walk.spilled = []
    except yaml.YAMLError as error:
        line = min(fed.last, max(walk.done, fed.physical(_line_of(error, walk))))
        stopped = Stopped(line=line, raw=fed.text(line), reason=_reason(error), open=walk.places())
        yield from entries_of_lines(fed.unread(walk.done), stopped)
    else:
        spilled, left = fed.comments(walk.told, fed.last + 1)
        yield from (*spilled, *left_comments(fed.last, left))


@dataclass(slots=True)
class _Open:
    """A collection that has started; `key` is None while a mapping waits for one, `place` counts a sequence's items.

    `line` is that of a mapping's key, 0 where it is a collection, which has records of its own.
    """

    column: int
    line: int
    is_mapping: bool
    key: str | None = None
    place: int = -1
    is_empty: bool = True
    in_key: bool = False


class _Walk:
    """Where in a stream of events the reading is.

    `done` is the last line of the last value, `told` the line up to which comments have been given to values, `spilled`
    the records of those above the last value that are too many for it.
    """

    def __init__(self, fed: FedLines) -> None:
        self.open: list[_Open] = []
        self.done = 0
        self.told = 0
        self.spilled: list[Entry] = []
        self._fed = fed
        self._document = 0

    def take(self, event: Any) -> Iterator[Entry]:
        """The records that one event of the parser makes."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._document += 1
            self.open.clear()
        elif isinstance(event, yaml.CollectionStartEvent):
            line = self._start(event, "?")
            yield from self._properties(event, line)
            mark: Any = event.start_mark
            if len(self.open) >= DEEPEST:
                raise yaml.MarkedYAMLError(problem=f"nested more than {DEEPEST} deep", problem_mark=mark)
            self.open.append(_Open(mark.column, line, isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = self.open.pop()
            if ended.is_empty:
                written, kind = ("{}", "object") if ended.is_mapping else ("[]", "array")
                yield self._leaf(event, ended.line, written, kind)
            self._end()
            if self.open and self.open[-1].key is not None:
                self.open[-1].line = 0
        elif isinstance(event, yaml.NodeEvent):
            yield from self._scalar(event)

    def _scalar(self, event: Any) -> Iterator[Entry]:
        """A key, or a value that is a scalar or an alias."""
        is_alias = isinstance(event, yaml.AliasEvent)
        written = f"*{event.anchor}" if is_alias else as_written(event.value)
        if self.open and self.open[-1].is_mapping and self.open[-1].key is None:
            line = self._start(event, written)
            if not is_alias:
                yield from self._properties(event, line)
            self.open[-1].in_key = False
            return
        line = self._start(event, "")
        if not is_alias:
            yield from self._properties(event, line)
        entry = self._leaf(event, line, written, "alias" if is_alias else scalar_type(event))
        if event.end_mark.index - event.start_mark.index > _LONGEST_VALUE:
            entry = set_aside(line, written[:RAW_LIMIT], f"a value longer than {_LONGEST_VALUE:,} characters")
        yield entry
        self._end()

    def places(self) -> list[tuple[int, str | int]]:
        """The columns of the open collections, with the key or the place that is open in each."""
        return [(each.column, (each.key or "") if each.is_mapping else each.place) for each in self.open]

    def _start(self, event: Any, as_key: str) -> int:
        """Start a node; the line it is on: its key's in a mapping."""
        line = self._fed.physical(event.start_mark.line)
        if not self.open:
            return line
        top = self.open[-1]
        top.is_empty = False
        if not top.is_mapping:
            top.place += 1
            return line
        if top.key is None:
            top.key, top.line, top.in_key = as_key, line, True
        return top.line or line

    def _end(self) -> None:
        if self.open and self.open[-1].is_mapping:
            top = self.open[-1]
            top.key, top.in_key = (top.key if top.in_key else None), False

    def _properties(self, event: Any, line: int) -> Iterator[Entry]:
        """The anchor of a node, and the tag of a collection, as values of their own."""
        if event.anchor:
            yield self._leaf(event, line, f"&{event.anchor}", "anchor", ends=False)
        if isinstance(event, yaml.CollectionStartEvent) and event.tag and not event.implicit:
            yield self._leaf(event, line, event.tag, "tag", ends=False)

    def _leaf(self, event: Any, line: int, written: str, kind: str, *, ends: bool = True) -> Entry:
        """A value's record, with the comments since the last one; `ends` unless more of the value follows."""
        keys = [(each.key or "") if each.is_mapping else each.place for each in self.open]
        path = key_path(keys)
        if self._document > 1:
            path = f"({self._document}).{path}" if path[:1] not in {"", "["} else f"({self._document}){path}"
        start = self._fed.physical(event.start_mark.line)
        spilled, comments = self._fed.comments(self.told, start)
        self.spilled += spilled
        self.told = max(self.told, start - 1)
        if ends:
            end = event.end_mark
            cut = end.column == 0 and end.line > event.start_mark.line
            self.done = max(self.done, self._fed.physical(end.line - cut))
            comments += [] if cut else self._fed.behind(self.done, end.column)
            self.told = max(self.told, self.done)
            self._fed.forget(self.done)
        return leaf(line, path, written, kind, comments)


def _line_of(error: yaml.YAMLError, walk: _Walk) -> int:
    """The parser's line that it could not go on from: where what never ends starts, else where it stopped."""
    context = getattr(error, "context", None) or ""
    mark = getattr(error, "context_mark", None) if "quoted scalar" in context else None
    mark = mark or getattr(error, "problem_mark", None)
    return mark.line if mark is not None else max(0, walk.done - 1)


def _reason(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"not YAML: {problem}"
