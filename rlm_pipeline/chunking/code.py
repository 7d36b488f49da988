"""Source code cut into whole functions, methods and classes, with imports and what they are in as context.

Zhang et al., cAST (arXiv 2506.15655): code that fits a chunk is whole; neighbours are put together; what is too long is
cut inside, from the outer levels of its syntax tree to the inner ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rlm_pipeline.chunking.code_borders import LEAST, Unit, count_of
from rlm_pipeline.chunking.code_imports import Imports
from rlm_pipeline.chunking.code_outline import Outline, scope_of, signature
from rlm_pipeline.chunking.code_splitting import cuts, end_of_space
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.sources.code.grammars import CONTAINERS

_AHEAD = 3  # chunks' characters that wait, so that it is known which of the classes that begin in the first fit one
_LONGEST_PLACE = 200
_NAMELESS = frozenset({"module", "block"})


def pieces(records: Iterable[Record], chunking: Chunking) -> Iterator[Piece]:
    """The pieces of one source file, from the records of `sources.code.reader`; none is longer than `chunking.size`.

    A class that fits is whole, and so is a function or method with its decorators and, where they fit too, the comments
    above it. White space at the end of a chunk that is full goes to the next one.
    """
    cutter = _Cutter(size=chunking.size)
    for record in records:
        if cutter.waiting and cutter.waiting[-1].record.end != record.start:
            yield from cutter.rest()
        cutter.take(record)
        yield from cutter.ready()
    yield from cutter.rest()


@dataclass(slots=True, kw_only=True)
class _Cutter:
    """Records that wait for those after them: of a few chunks, more only where one record is longer.

    `space` is white space that the chunk before had no room for, at the end of the records `before`.
    """

    size: int
    waiting: list[Unit] = field(default_factory=list)
    length: int = 0
    space: str = ""
    before: Sequence[Unit] = ()
    outline: Outline = field(default_factory=Outline)
    imports: Imports = field(default_factory=Imports)

    def take(self, record: Record) -> None:
        visible = len(record.text.rstrip())
        within = self.outline.enter(record)
        for each in within:
            each.length = record.start + visible - each.start
        self.imports.add(record)
        unit = Unit(record=record, within=within, visible=visible, name=record.cells.get("name", ""))
        self.waiting.append(unit)
        self.length += len(record.text)

    def ready(self) -> Iterator[Piece]:
        """The pieces that what comes next cannot change."""
        while self.length > _AHEAD * self.size and len(self.waiting) > 1:
            yield from self._chunk(is_end=False)

    def rest(self) -> Iterator[Piece]:
        """The pieces of what waits; nothing comes after it."""
        while self.waiting:
            yield from self._chunk(is_end=True)
        self.outline = Outline()

    def _chunk(self, *, is_end: bool) -> Iterator[Piece]:
        long = self._long(is_end=is_end)
        if long is not None:
            yield from self._parts(*long, is_end=is_end)
            return
        count = count_of(self.waiting, self.size, carried=len(self.space), is_end=is_end)
        units = self._remove(count)
        text = self.space + "".join(unit.record.text for unit in units)
        end = self._end_of(text)
        stretch = _Stretch(units=units, text=text, space=len(self.space), before=self.before)
        self._carry(stretch, end)
        yield self._piece(stretch, slice(0, end), line=stretch.line, part=0)

    def _end_of(self, text: str) -> int:
        """How much of a chunk's text it has room for; the rest is white space."""
        if len(text) <= self.size:
            return len(text)
        return end_of_space(text, len(text.rstrip()), self.size)

    def _long(self, *, is_end: bool) -> tuple[int, int] | None:
        """Which of the waiting records is too long and comes next, and how many are cut with it."""
        least = self.size // LEAST
        before = len(self.space)
        for place, unit in enumerate(self.waiting):
            room = self.size - (before if place == 0 else 0)
            if unit.visible > room or (is_end and len(unit.record.text) > room):
                after = self.length - before + len(self.space) - len(unit.record.text)
                return place, len(self.waiting) if is_end and after < least else place + 1
            before += len(unit.record.text)
            if before >= least:
                break
        return None

    def _parts(self, place: int, count: int, *, is_end: bool) -> Iterator[Piece]:
        units = self._remove(count)
        record = units[place].record
        text = self.space + "".join(unit.record.text for unit in units)
        first = len(self.space) + sum(len(unit.record.text) for unit in units[:place])
        inside = slice(first, first + len(record.text))
        kind = scope_of(record).partition(":")[0]
        bounds = [0, *cuts(text, record.cells.get("language", ""), kind, inside, self.size), len(text)]
        stretch = _Stretch(units=units, text=text, space=len(self.space), before=self.before, long=units[place])
        if (self.waiting or not is_end) and not text[bounds[-2] :].strip():
            bounds.pop()
        self._carry(stretch, bounds[-1])
        line = stretch.line
        for number, (start, end) in enumerate(pairwise(bounds), 1):
            yield self._piece(stretch, slice(start, end), line=line, part=number)
            line += _line_ends(text[start:end])

    def _carry(self, stretch: "_Stretch", end: int) -> None:
        """Keep what is behind `end` of a text, white space, for the next chunk."""
        self.space = stretch.text[end:]
        last = stretch.start + len(stretch.text)
        self.before = stretch.between(stretch.start + end, last) if self.space else ()

    def _remove(self, count: int) -> list[Unit]:
        units = self.waiting[:count]
        del self.waiting[:count]
        self.length -= sum(len(unit.record.text) for unit in units)
        return units

    def _piece(self, stretch: "_Stretch", at: slice, *, line: int, part: int) -> Piece:
        first = stretch.start + at.start
        text = stretch.text[at]
        end = first + len(text)
        units = stretch.between(first, end)
        shown = [unit for unit in units if unit in stretch.units] or units
        lines = [self.imports.before(first, text), *_enclosing(shown[0], first)]
        if stretch.long is not None and stretch.long.record.start < first < stretch.long.record.end:
            lines.append(_own_signature(stretch.long.record))
        return Piece(
            row_start=units[0].record.row,
            row_end=units[-1].record.row,
            line_start=line,
            start=first,
            end=end,
            text=text,
            records=sum(first <= unit.record.start < end for unit in units),
            part=part,
            place=_place(shown, self.size),
            context="\n".join(filter(None, lines)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Records that are cut together, and `space` characters of white space at the end of those `before`.

    `long` is the one that is longer than a chunk, where there is one.
    """

    units: Sequence[Unit]
    text: str
    space: int
    before: Sequence[Unit]
    long: Unit | None = None

    @property
    def start(self) -> int:
        """In characters of the source."""
        return self.units[0].record.start - self.space

    @property
    def line(self) -> int:
        return self.units[0].record.line - _line_ends(self.text[: self.space])

    def between(self, start: int, end: int) -> Sequence[Unit]:
        """The records that characters `start` to `end` of the source are from."""
        units = (*self.before, *self.units)
        return [unit for unit in units if unit.record.start < end and unit.record.end > start]


def _enclosing(unit: Unit, position: int) -> Iterator[str]:
    """The first lines of the classes and their like that a record is in, of those that begin before `position`."""
    return (each.signature for each in unit.within if each.start < position)


def _own_signature(record: Record) -> str:
    kind = scope_of(record).partition(":")[0]
    own = kind not in _NAMELESS and kind not in CONTAINERS
    return signature(record.text, record.cells.get("language", "")) if own else ""


def _place(units: Sequence[Unit], size: int) -> str:
    """The scopes of a chunk's records; of classes that are whole theirs alone."""
    whole = [next((each.scope for each in unit.within if each.length <= size), "") for unit in units]
    scopes = dict.fromkeys(scope or scope_of(unit.record) for scope, unit in zip(whole, units, strict=True))
    named = [scope for scope in scopes if scope not in _NAMELESS]
    if not named:
        return next(iter(scopes))
    shown = ", ".join(named)
    if len(shown) <= _LONGEST_PLACE:
        return shown
    room = _LONGEST_PLACE - len(named[-1])
    return f"{shown[: max(room, 0)].rpartition(',')[0] or named[0]} … {named[-1]}"


def _line_ends(text: str) -> int:
    lone = text.count("\r") - text.count("\r\n") if "\r" in text else 0
    return text.count("\n") + lone
