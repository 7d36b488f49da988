"""JSON values in a text that may hold anything else besides: prose, Markdown fences, broken values."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_FENCE = re.compile(r"^[ \t]*(?:```+|~~~+)[ \t]*\w*", re.MULTILINE)
_BETWEEN = re.compile(r"[\s,\[\]]*")
# A bracket opens an array where an element may follow; `[1] as seen above` is one all the same, `[see above]` is not.
_START = re.compile(r'\{|\[(?=\s*(?:[\[{"\]]|-?\d|true\b|false\b|null\b))')
_STRING_OR_BRACE = re.compile(r'"(?:[^"\\\n]|\\.)*"|\n(?=\{)|[{}]')
_LONGEST_BROKEN = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A piece of the text that is no JSON value."""

    text: str
    reason: str


def values_in(text: str) -> Iterator[Any]:
    """Every object and array in the text, in order; `Broken` for what lies between them and for what should be one.

    Of an array with broken elements, or cut off at its end, the elements are given one by one. In a text with Markdown
    fences what lies between values is taken for prose, and left out.
    """
    text = text.removeprefix("\ufeff")
    unfenced = _FENCE.sub("", text)
    prose = unfenced != text
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    place = 0
    while (start := _next(unfenced, place)) < len(unfenced):
        if (between := unfenced[place:start].strip(" \t\r\n,[]`")) and not prose:
            yield Broken(text=between, reason="not JSON")
        try:
            value, place = decoder.raw_decode(unfenced, start)
        except (ValueError, RecursionError) as error:
            if unfenced[start] == "[":
                opened = _BETWEEN.match(unfenced, start)
                place = opened.end() if opened else start + 1
                continue
            place = _end_of_object(unfenced, start)
            value = Broken(text=unfenced[start:place], reason=f"not JSON: {getattr(error, 'msg', None) or error}")
        yield value
    if (behind := unfenced[place:].strip(" \t\r\n,[]`")) and not prose:
        yield Broken(text=behind, reason="not JSON")


def _next(text: str, place: int) -> int:
    found = _START.search(text, place)
    return found.start() if found else len(text)


def _end_of_object(text: str, place: int) -> int:
    """Where the brace at `place` is closed, else the end of its line."""
    depth = 0
    for found in _STRING_OR_BRACE.finditer(text, place, place + _LONGEST_BROKEN):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0:
            return found.end()
        if found.group() == "\n":
            break
    newline = text.find("\n", place)
    return len(text) if newline < 0 else newline


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
