"""What one kind of personal data looks like, and what tells it from what looks like it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

NOTHING_BEFORE = r"(?<![^\W_])(?<!\+)(?<![0-9][-/,.])"
"""No word, number or version goes on into it."""

NOTHING_BEFORE_IN_RUST = r"(?:^|[^0-9A-Za-z.]|[^0-9]\.|^\.)"
"""The same for an engine that cannot look behind, where a plus sign and a group before it are let pass."""

NOTHING_BEHIND = r"(?![^\W_]|[-./,:][0-9])"
"""It does not go on: no word, no decimals, no further group."""

SEPARATOR = r"(?: ?\r?\n ?| |-)?"
"""Between the groups of a number; one may be written over the end of a line."""

APART_BEFORE = r"(?<![^\W_])(?<!\+)(?<![0-9][-/,. ])"
APART_BEHIND = r"(?![^\W_]|[-./,: ][0-9])"
"""No number stands beside it in a row of numbers."""

KEYWORD_REACH = 25
"""Characters before a number in which the word that says what it is has to be."""

_NOT_DIGITS = re.compile(r"[^0-9]+")


class Value(NamedTuple):
    """What was found: as it is the same however it is written, and how many characters of the match it takes."""

    normalised: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Values of one kind.

    `body` is a regular expression that Rust's engine reads as well as Python's, so that whole columns can be looked
    through for it. What matches is a value if `accept` takes it; one with a `keyword` only where that stands before it,
    or in the name of its column. With `after_digits` it may stand right behind a number. `next_regex` is the expression
    for one right behind another value.
    """

    kind: str
    body: str
    accept: Callable[[str], Value | None]
    before: str = NOTHING_BEFORE
    behind: str = NOTHING_BEHIND
    keyword: str = ""
    after_digits: bool = False
    regex: re.Pattern[str] = field(init=False)
    next_regex: re.Pattern[str] = field(init=False)
    keyword_regex: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regex", re.compile(f"{self.before}(?:{self.body}){self.behind}"))
        object.__setattr__(self, "next_regex", re.compile(f"(?:{self.body}){self.behind}"))
        words = re.compile(keyword_body(self.keyword), re.IGNORECASE) if self.keyword else None
        object.__setattr__(self, "keyword_regex", words)

    @property
    def in_column(self) -> str:
        """A regular expression of Rust's engine that every text with such a value matches, and others may."""
        return f"(?:{self.body})" if self.after_digits else f"{NOTHING_BEFORE_IN_RUST}(?:{self.body})"


def keyword_body(keyword: str) -> str:
    """A keyword as a word of its own, whatever the words around it are joined with."""
    return rf"(?:^|[^a-zA-Z])(?:{keyword})(?:[^a-zA-Z]|$)"


def digits_of(text: str) -> str:
    """The digits of a number."""
    return _NOT_DIGITS.sub("", text)


def place_behind(text: str, count: int) -> int:
    """Where the first `count` letters and digits of a text end."""
    places = [place for place, character in enumerate(text, 1) if character.isalnum()]
    return places[count - 1]


def digits_if(check: Callable[[str], bool]) -> Callable[[str], Value | None]:
    """Accepts a number whose digits pass a check."""

    def accept(text: str) -> Value | None:
        digits = digits_of(text)
        return Value(digits, len(text)) if check(digits) else None

    return accept
