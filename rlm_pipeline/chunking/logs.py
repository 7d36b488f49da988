"""A log cut between records, where it fell silent.

A record is never cut that fits, so that a stack trace stays whole. A silence ends a piece that is a quarter full; a
burst that does not fit behind what came before its silence begins a piece of its own. Elsewhere a piece ends, in the
last quarter of what fits, at the longest pause; of pauses as long behind the record with the smallest rank, which makes
the boundaries stable (see `packing`).
"""

from collections.abc import Iterable, Iterator, Sequence
from math import inf

from rlm_pipeline import fingerprint
from rlm_pipeline.chunking.fragments import INSIDE, Fragment, are_apart, pieces_of, taken_apart, whole
from rlm_pipeline.chunking.log_times import LogClock
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.chunking.silences import Rhythm
from rlm_pipeline.chunking.splitting import split
from rlm_pipeline.configuration import Chunking

_LEAST_FILL = 0.25
_LAST_PART = 0.75


def pieces(records: Iterable[Record], chunking: Chunking) -> Iterator[Piece]:
    """Cut a log's records, which have the cells `timestamp` and `component`, each as written."""
    return pieces_of(_groups(records, chunking), _described)


def _groups(records: Iterable[Record], chunking: Chunking) -> Iterator[list[Fragment]]:
    size = chunking.size
    pauses = _Pauses(chunking)
    run = _Run(size)
    for record in records:
        length = len(record.text)
        pause, silent = pauses.before(record)
        if run.records and ((silent and run.length >= _LEAST_FILL * size) or are_apart(run.records[-1], record)):
            yield run.taken(len(run.records))
        while run.records and run.length + length > size:
            yield run.taken(run.best_end(length, pause))
        if length > size:
            texts = ((text, INSIDE) for text in split(record.text, size))
            yield from ([fragment] for fragment in taken_apart(record, texts, INSIDE))
        else:
            run.add(record, pause, silent=silent)
    if run.records:
        yield run.taken(len(run.records))


class _Pauses:
    """How long the pause before each record is, and whether it is a silence."""

    def __init__(self, chunking: Chunking) -> None:
        self._clock = LogClock()
        self._rhythm = Rhythm(chunking.size)
        self._gap = inf if chunking.log_gap == 0 else chunking.log_gap

    def before(self, record: Record) -> tuple[float, bool]:
        if self._gap == inf:
            return 0.0, False
        pause = self._clock.passed(record.cells.get("timestamp", ""))
        if self._gap is None:
            return pause, self._rhythm.stands_out(pause, len(record.text))
        return pause, pause >= self._gap


class _Run:
    """Records that wait for their piece, with the pause before each; together they fit."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.records: list[Record] = []
        self.length = 0
        self._pauses: list[float] = []
        self._silence = 0  # the last record that follows a silence, by its place

    def add(self, record: Record, pause: float, *, silent: bool) -> None:
        if silent:
            self._silence = len(self.records)
        self.records.append(record)
        self._pauses.append(pause)
        self.length += len(record.text)

    def taken(self, count: int) -> list[Fragment]:
        """The first records, as a piece; the others wait on."""
        group = [whole(record) for record in self.records[:count]]
        del self.records[:count], self._pauses[:count]
        self.length = sum([len(record.text) for record in self.records])
        self._silence = max(0, self._silence - count)
        return group

    def best_end(self, following: int, pause: float) -> int:
        """How many records the next piece takes, when one of `following` characters comes after `pause`."""
        count, size = len(self.records), self._size
        if following > size:
            return count
        silence = self._silence
        if silence and sum([len(record.text) for record in self.records[silence:]]) + following <= size:
            return silence
        late = [(pause, count)]
        length = self.length
        for place in range(count - 1, 0, -1):
            length -= len(self.records[place].text)
            if length < _LAST_PART * size or self.length - length + following > size:
                break
            late.append((self._pauses[place], place))
        longest = max(late)[0]
        ends = [place for waited, place in late if waited == longest]
        return ends[0] if len(ends) == 1 else min(ends, key=lambda end: fingerprint.rank(self.records[end - 1].text))


def _described(fragments: Sequence[Fragment]) -> tuple[str, str]:
    """The time a piece is of, and the component if it is of one."""
    first = next((each.record for each in fragments if each.record.cells.get("timestamp")), None)
    last = next((each.record for each in reversed(fragments) if each.record.cells.get("timestamp")), None)
    span = _span(first.cells["timestamp"], last.cells["timestamp"]) if first and last else ""
    component = fragments[0].record.cells.get("component", "")
    if {each.record.cells.get("component", "") for each in fragments} != {component}:
        component = ""
    return ", ".join(each for each in (span, component) if each), ""


def _span(first: str, last: str) -> str:
    """Two times as written, of the last only what is behind the day they share."""
    if first == last:
        return first
    alike = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    day = max(first.rfind(mark, 0, alike) for mark in " T_") + 1
    return f"{first} … {last[day:]}"
