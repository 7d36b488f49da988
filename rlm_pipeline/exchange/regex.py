"""Regular expressions in time linear in the text: polars' engine, which is Rust's `regex` crate.

It has no look-around and no back-references, which are what makes other engines run for ever. `^` and `$` match at
every line.
"""

from dataclasses import dataclass

import polars as pl

from rlm_pipeline.errors import QueryError

# Code points that Unicode promises never to be characters; a text that has both is searched with the next pair.
_MARKS = [(chr(code), chr(code + 1)) for code in range(0xFDD0, 0xFDEF, 2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A match: characters `start` to `end` of the text searched, and what is around it."""

    start: int
    end: int
    matched: str
    snippet: str


def compiled(pattern: str, *, ignore_case: bool = False) -> str:
    """The expression as the engine takes it.

    Raises:
        QueryError: it is empty, wrong, needs what the engine does not have, or matches the empty text.

    """
    expression = f"(?m{'i' if ignore_case else ''}){pattern}"
    try:
        matches_nothing = pl.Series([""]).str.contains(expression, strict=True).item()
    except pl.exceptions.ComputeError as error:
        raise QueryError(f"{pattern!r} cannot be searched for: {_reason(str(error))}") from error
    if not pattern or matches_nothing:
        raise QueryError(f"{pattern!r} matches the empty text, so it is everywhere; ask for one character at least")
    return expression


def count(expression: str, text: str) -> int:
    """How many matches a text has."""
    return int(pl.Series([text]).str.count_matches(expression).item())


def find_all(expression: str, text: str, *, most: int, window: int) -> list[Found]:
    """The first `most` matches in a text, each with `window` characters before and behind.

    Raises:
        QueryError: the text has every mark that could tell where matches are.

    """
    marks = next((pair for pair in _MARKS if pair[0] not in text and pair[1] not in text), None)
    if marks is None:
        raise QueryError("the text has all noncharacters U+FDD0 to U+FDEF in it; it cannot be searched")
    # Matches are marked where they are: to look for the matched text afterwards could find it elsewhere.
    marked: str = pl.Series([text]).str.replace_all(expression, f"{marks[0]}${{0}}{marks[1]}").item()
    found: list[Found] = []
    place = before = 0
    while len(found) < most and (opened := marked.find(marks[0], place)) >= 0:
        closed = marked.index(marks[1], opened)
        start, end = opened - before, closed - before - 1
        snippet = text[max(0, start - window) : end + window]
        found.append(Found(start=start, end=end, matched=text[start:end], snippet=snippet))
        place, before = closed + 1, before + 2
    return found


def _reason(message: str) -> str:
    """The engine's own reason, without polars' words around it."""
    told = message.partition("This error occurred")[0].removeprefix("regex error:")
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    named = next((line.removeprefix("error: ") for line in lines if line.startswith("error:")), " ".join(lines))
    if "look-around" in named or "backreferences" in named:
        named += "; the search takes linear time, which these would not allow"
    return named
