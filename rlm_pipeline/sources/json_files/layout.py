"""Where in a JSON document its records are: the elements of an array, or what a lone top-level object holds."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, NamedTuple

from rlm_pipeline.sources.json_files.notation import ROOT, Step, json_path
from rlm_pipeline.sources.json_files.scanner import VALUE_LIMIT, Scanner, Value
from rlm_pipeline.sources.json_files.values import mended

_WRAPPERS: Final = frozenset(
    {
        "data", "docs", "documents", "elements", "entries", "entry", "events", "features", "hits", "items", "list",
        "objects", "records", "results", "rows", "values",
    }
)  # fmt: skip
"""Keys under which exports put their records, however few."""

_MOST_OF = 0.5  # share of a document's characters that its records have
_SAME_KEYS = 0.5  # share of all keys of some objects that each of them has
_FEWEST_ALIKE = 3  # objects; two are alike only if they have the same keys
_MOST_WRAPPED = 4  # levels of objects that records are looked for in
_MOST_NAMED = 20  # arrays of records that are places of their own
_OBJECTS_COMPARED = 1000
_KEYS_COMPARED = 10_000


class Shape(Enum):
    """What the text is made of."""

    DOCUMENTS = "documents"  # values, one or several; of an array its elements
    LISTS = "lists"  # one object of arrays: their elements
    ENTRIES = "entries"  # one object of objects that are alike: those
    WRAPPED = "wrapped"  # one object with arrays of records, and other members


class Part(NamedTuple):
    """A value below a lone top-level object: a member's, or an element of a member that is an array.

    `path` are the keys that lead to the member.
    """

    path: tuple[str, ...]
    element: bool
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The shape of what is `inside` the top-level object under these keys; `wrapped` are those of arrays of records."""

    shape: Shape
    inside: tuple[str, ...] = ()
    wrapped: frozenset[str] = frozenset()

    @property
    def keyed(self) -> bool:
        """Whether the key that a record stands under is part of it."""
        return self.shape in {Shape.LISTS, Shape.ENTRIES} or len(self.wrapped) > _MOST_NAMED

    @property
    def evidence(self) -> str:
        """What the manifest says of the shape."""
        if self.shape is Shape.DOCUMENTS:
            return ""
        where = f"{json_path(ROOT, self.inside)} is an object "
        if self.shape is Shape.LISTS:
            return f"{where}of arrays, whose elements are the records"
        if self.shape is Shape.ENTRIES:
            return f"{where}of objects that are alike, which are the records"
        names = f"{len(self.wrapped):,} keys" if self.keyed else ", ".join(sorted(self.wrapped))
        return f"{where}with the records under {names}"

    def place_of(self, part: Part) -> str | None:
        """Where in the document a record is, in JSON-path notation; None for what is beside the records."""
        if part.path[:-1] != self.inside:
            return None
        if self.shape is Shape.ENTRIES:
            return json_path(ROOT, (*self.inside, Step.ANY))
        if not part.element or (self.shape is Shape.WRAPPED and part.path[-1] not in self.wrapped):
            return None
        return json_path(ROOT, (*self.inside, Step.ANY if self.keyed else part.path[-1], Step.ITEMS))


DOCUMENTS: Final = Layout(shape=Shape.DOCUMENTS)


def members(scanner: Scanner, inside: tuple[str, ...] = ()) -> Iterator[Part]:
    """The members of the object that opens at the scanner's place, arrays element by element, until it closes.

    Of a member that is an object, those of its members that are `inside`. An empty array is given as a member.
    """
    scanner.skip()
    while (mark := scanner.peek()) not in {"", "}"}:
        if mark == ",":
            scanner.skip()
            continue
        name = scanner.take()
        if name.reason or type(name.value) is not str:
            yield Part(("",), False, name if name.reason else name._replace(reason="a value without a key"))
            continue
        if scanner.peek() != ":":
            yield Part((mended(name.value)[0],), False, name._replace(value=None, reason="a key without a value"))
            continue
        scanner.skip()
        yield from _member(scanner, mended(name.value)[0], name, inside)
    if scanner.peek() == "}":
        scanner.skip()


def _member(scanner: Scanner, key: str, name: Value, inside: tuple[str, ...]) -> Iterator[Part]:
    mark = scanner.peek()
    if mark == "[":
        yield from (Part((key,), is_element, value) for is_element, value in _array(scanner))
    elif mark == "{" and inside[:1] == (key,):
        yield from (part._replace(path=(key, *part.path)) for part in members(scanner, inside[1:]))
    elif mark in {"", "}", ","}:
        yield Part((key,), False, name._replace(value=None, reason="a key without a value"))
    else:
        value = scanner.take()
        if value.reason:
            value = value._replace(value={} if mark == "{" else None, text=f"{name.text}:{value.text}")
        if value.line == name.line:  # the key is where the record starts
            value = value._replace(column=name.column)
        yield Part((key,), False, value)


def _array(scanner: Scanner) -> Iterator[tuple[bool, Value]]:
    line, empty = scanner.line, True
    for value in elements(scanner):
        empty = False
        yield True, value
    if empty:
        yield False, Value(line, [], "[]")


def elements(scanner: Scanner) -> Iterator[Value]:
    """The elements of the array that opens at the scanner's place, until it closes."""
    scanner.skip()
    while (mark := scanner.peek()) not in {"", "]"}:
        if mark == ",":
            scanner.skip()
        else:
            yield scanner.take()
    if scanner.peek() == "]":
        scanner.skip()


@dataclass(slots=True)
class _Member:
    """What is under one key of the top-level object."""

    elements: int = 0
    nested: int = 0  # elements that are objects or arrays
    characters: int = 0
    is_object: bool = False
    other: bool = False


@dataclass(slots=True)
class _Census:
    members: dict[str, _Member] = field(default_factory=dict)
    objects: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    others: int = 0
    characters: int = 0

    def add(self, part: Part) -> None:
        """Count one part; members beyond _KEYS_COMPARED only by kind."""
        key = part.path[-1]
        member = self.members.get(key)
        if member is None:
            member = _Member()
            if len(self.members) < _KEYS_COMPARED:
                self.members[key] = member
        value = part.value.value
        size = VALUE_LIMIT if part.value.reason else len(part.value.text)
        member.characters += size
        self.characters += size
        if part.element:
            member.elements += 1
            member.nested += type(value) in {dict, list}
        elif type(value) is dict and not part.value.reason:
            member.is_object = True
            self.objects += 1
            if self.objects <= _OBJECTS_COMPARED:
                self.keys.update(value.keys())
        elif part.value.reason:
            member.is_object = type(value) is dict
        elif type(value) is not list:
            member.other = True
            self.others += 1


def survey(open_text: Callable[[], Scanner]) -> Layout:
    """The layout of a JSON text, which is read through for each level that its records may be wrapped in."""
    inside: tuple[str, ...] = ()
    while len(inside) < _MOST_WRAPPED:
        scanner, census = open_text(), _Census()
        if scanner.peek() != "{":
            break
        for part in members(scanner, inside):
            if part.path[:-1] == inside:
                census.add(part)
        if scanner.peek():
            break
        layout = _layout(census)
        if layout is not DOCUMENTS:
            return replace(layout, inside=inside)
        largest = max(census.members, key=lambda key: census.members[key].characters, default="")
        member = census.members.get(largest)
        if member is None or not member.is_object or member.characters <= _MOST_OF * census.characters:
            break
        inside = (*inside, largest)
    return DOCUMENTS


def _layout(census: _Census) -> Layout:
    found = list(census.members.values())
    lists = [member for member in found if member.elements]
    if lists and len(found) > 1 and not census.objects and not census.others:
        return Layout(shape=Shape.LISTS)
    if census.objects > 1 and not lists and not census.others and _alike(census):
        return Layout(shape=Shape.ENTRIES)
    records = {
        key: member
        for key, member in census.members.items()
        if 2 * member.nested > member.elements and not member.is_object and not member.other
    }
    share = sum(member.characters for member in records.values()) / max(1, census.characters)
    if records and share <= _MOST_OF:
        records = {key: member for key, member in records.items() if key.casefold() in _WRAPPERS}
    if not records:
        return DOCUMENTS
    return Layout(shape=Shape.WRAPPED, wrapped=frozenset(records))


def _alike(census: _Census) -> bool:
    occurrences = census.keys.total()
    compared = min(census.objects, _OBJECTS_COMPARED)
    shared = occurrences / (len(census.keys) * compared) if census.keys else 0
    return shared >= (_SAME_KEYS if census.objects >= _FEWEST_ALIKE else 1)
