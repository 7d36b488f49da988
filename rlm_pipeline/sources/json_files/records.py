"""The records of a JSON file in order, each with its place; read from lines or from one text, as often as needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from rlm_pipeline.sources.encodings import LINE_LIMIT, Encoding, physical_lines, text_blocks
from rlm_pipeline.sources.json_files.layout import Layout, Part, Shape, elements, members
from rlm_pipeline.sources.json_files.notation import ROOT
from rlm_pipeline.sources.json_files.scanner import VALUE_LIMIT, Scanner, Value
from rlm_pipeline.sources.json_files.values import (
    BrokenValueError,
    compact,
    has_halves,
    mended,
    parse,
    parse_leniently,
)

_BLANK = " \t\r\n\v\f\0\x1a\x1e\ufeff"

ELEMENT = "$[*]"
_MOST_PLACES = 1000


class Record(NamedTuple):
    """One record: its line, its place in JSON-path notation, the key it stands under, and its value and text.

    A record that must be set aside has a reason. `column` is how many characters of its line stand before it.
    """

    line: int
    place: str
    key: str | None
    value: Any
    text: str
    reason: str = ""
    column: int = 0


@dataclass(slots=True)
class Notes:
    """How many values were read although they are not quite JSON."""

    lenient: int = 0  # comments, or commas before closing brackets
    comments: int = 0  # between values
    halves: int = 0  # texts with half of a surrogate pair
    several: int = 0  # lines of more than one value
    twice: int = 0  # keys that their object has once more; the last value is kept
    quotes: int = 0  # that open or close strings

    def evidence(self) -> list[str]:
        """What the manifest says of them."""
        found = (
            (self.lenient, "values with comments or trailing commas read leniently"),
            (self.comments, "comments between values left out"),
            (self.several, "lines of more than one value divided"),
            (self.halves, "texts with half of a surrogate pair kept as its escape"),
            (self.twice, "keys twice in one object, of which the last value is kept"),
        )
        return [f"{count:,} {what}" for count, what in found if count]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFile:
    """A JSON file and how its records lie in it; `layout` is None for one value a line."""

    path: Path
    encoding: Encoding
    layout: Layout | None

    def records(self, notes: Notes) -> Iterator[Record]:
        """The file's records, adding to `notes`; each call reads the file once.

        Raises:
            SourceError: the file cannot be read to its end.

        """
        if self.layout is None:
            found = _of_lines(self.path, self.encoding, notes)
        else:
            found = _of_text(Scanner(text_blocks(self.path, self.encoding)), self.layout, notes)
        for record in found:
            if has_halves(record.text) and not record.reason:
                value, halves = mended(record.value)
                notes.halves += halves
                yield record._replace(value=value)
            else:
                yield record


def _of_lines(path: Path, encoding: Encoding, notes: Notes) -> Iterator[Record]:
    for number, line in enumerate(physical_lines(path, encoding), 1):
        try:
            yield Record(number, ROOT, None, parse(line), line)
        except BrokenValueError as error:
            text = line.strip(_BLANK)
            if text:
                before = len(line) - len(line.lstrip(_BLANK))
                yield from _of_odd_line(number, before, text, str(error), notes)


def _of_odd_line(number: int, before: int, text: str, reason: str, notes: Notes) -> Iterator[Record]:
    """The record or records of a line that is not one JSON value; of its `text`, with `before` blanks left out."""
    if len(text) >= LINE_LIMIT - 1:
        yield Record(number, ROOT, None, None, text, f"a line longer than {LINE_LIMIT:,} characters")
        return
    scanner = Scanner(iter([text]))
    values: list[Value] = []
    while (mark := scanner.peek()) and not (values and values[-1].reason):
        if mark == "," and values:
            scanner.skip()
        else:
            values.append(scanner.take())
    if not values or any(value.reason for value in values):
        yield Record(number, ROOT, None, None, text, reason)
        return
    notes.lenient += scanner.lenient
    notes.comments += scanner.comments
    notes.several += len(values) > 1
    for place, value in enumerate(values):
        column = before + value.column if place else 0
        yield Record(number, ROOT, None, value.value, value.text, "", column)


def _of_text(scanner: Scanner, layout: Layout, notes: Notes) -> Iterator[Record]:
    if layout.shape is Shape.DOCUMENTS:
        yield from _of_documents(scanner)
    else:
        yield from _of_members(scanner, layout)
    notes.lenient += scanner.lenient
    notes.comments += scanner.comments


def _of_documents(scanner: Scanner) -> Iterator[Record]:
    while mark := scanner.peek():
        if mark == "[":
            for value in elements(scanner):
                yield _record(value, ELEMENT)
        elif mark == ",":
            scanner.skip()
        else:
            yield _record(scanner.take(), ROOT)


def _of_members(scanner: Scanner, layout: Layout) -> Iterator[Record]:
    """The records that a lone top-level object holds, then one record of all that it has beside them."""
    scanner.peek()
    rest = _Rest(scanner.line)
    places: dict[tuple[tuple[str, ...], bool], str | None] = {}
    for part in members(scanner, layout.inside):
        known = part.path, part.element
        if known not in places and len(places) < _MOST_PLACES:
            places[known] = layout.place_of(part)
        place = places[known] if known in places else layout.place_of(part)
        if place is None and layout.shape is Shape.LISTS and part.value.text == "[]":
            continue
        if place is not None:
            yield _record(part.value, place, part.path[-1] if layout.keyed else None)
        elif part.value.reason or not rest.add(part):
            reason = part.value.reason or f"beside the records there are more than {VALUE_LIMIT:,} characters"
            yield _record(part.value._replace(reason=reason), ROOT)
    yield from rest.records()


class _Rest:
    """The members of a top-level object that are not its records, as the text of an object."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._members: list[tuple[Part, list[str]]] = []
        self._size = 0

    def add(self, part: Part) -> bool:
        """Take in a member or an element of one; whether there was room for it."""
        self._size += len(part.value.text)
        if self._size > VALUE_LIMIT:
            return False
        if part.element and self._members and self._members[-1][0][:2] == part[:2]:
            self._members[-1][1].append(part.value.text)
        else:
            self._members.append((part, [part.value.text]))
        return True

    def records(self) -> Iterator[Record]:
        """One record if there are any such members."""
        if not self._members:
            return
        text = self._text(self._members, 0)
        try:
            yield Record(self._line, ROOT, None, parse_leniently(text), text)
        except BrokenValueError as error:
            yield Record(self._line, ROOT, None, None, text, str(error))

    def _text(self, found: list[tuple[Part, list[str]]], depth: int) -> str:
        """The text of the object that has these members at `depth` of their paths, or below."""
        texts = []
        for key, group in groupby(found, key=lambda each: each[0].path[: depth + 1]):
            inner = list(group)
            deeper = [each for each in inner if len(each[0].path) > depth + 1]
            texts += [
                f"{compact(key[-1])}:{_text_of(part, parts)}" for part, parts in inner if len(part.path) == depth + 1
            ]
            texts += [f"{compact(key[-1])}:{self._text(deeper, depth + 1)}"] if deeper else []
        return f"{{{','.join(texts)}}}"


def _text_of(part: Part, texts: list[str]) -> str:
    return f"[{','.join(texts)}]" if part.element else texts[0]


def _record(value: Value, place: str, key: str | None = None) -> Record:
    return Record(value.line, place, key, value.value, value.text, value.reason, value.column)
