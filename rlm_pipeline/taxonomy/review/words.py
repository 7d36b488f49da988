"""Whether the words a model gives a category may stand: each refusal says why."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rlm_pipeline.taxonomy.distinctiveness import Siblings
from rlm_pipeline.taxonomy.review.reviewed import Given, Said

LONGEST_NAME, LONGEST_DEFINITION = 70, 500
MOST_WORDS = 9

_ID = re.compile(r"\b[CG][1-9]\d*\b")

EMPTY = "it is empty"
TOO_LONG = f"it has more than {LONGEST_NAME} letters or {MOST_WORDS} words"
TOO_LONG_A_DEFINITION = f"its definition has more than {LONGEST_DEFINITION} letters"
NO_DEFINITION = "it has no definition"
NO_WORDS = "it is not written in words"
FIGURE = "it states a number that is not in what was shown"
AN_ID = "it speaks of categories by ids that no reader knows"
TAKEN = "another category has this name"
FITS_OTHER = "it fits another category as well"
LESS_DISTINCTIVE = "it tells the category from the most similar one worse than its words do"

COSTLY = "with it, names tell the categories apart worse on the whole than their words do"


@dataclass(kw_only=True)
class Names:
    """Names that are taken, as they compare: without case, order and punctuation."""

    taken: dict[frozenset[str], str] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Take a name."""
        self.taken.setdefault(essence(name), name)

    def holds(self, name: str) -> bool:
        """Whether a name, or one that differs only in what a reader overlooks, is taken."""
        return essence(name) in self.taken


def essence(name: str) -> frozenset[str]:
    """The words of a name, without case and punctuation; a name without words is its characters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = "".join(letter if letter.isalnum() else " " for letter in folded).split()
    return frozenset(words or folded)


def cleaned(text: str) -> str:
    """In one line, without quotation marks around it and without characters that are not seen."""
    seen = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
    return " ".join(seen.split()).strip("\"'“”").strip()


def repeated(said: Mapping[int, Said]) -> frozenset[int]:
    """Numbers of categories whose names are said of more than one."""
    by_essence: dict[frozenset[str], list[int]] = {}
    for number, each in said.items():
        by_essence.setdefault(essence(each.name), []).append(number)
    return frozenset(number for numbers in by_essence.values() if len(numbers) > 1 for number in numbers)


def problem(said: Said, given: Given, names: Names) -> str:
    """What is wrong with a name or its definition as such, or an empty string."""
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        (EMPTY, lambda: not said.name),
        (NO_WORDS, lambda: not any(letter.isalpha() for letter in said.name)),
        (TOO_LONG, lambda: len(said.name) > LONGEST_NAME or len(said.name.split()) > MOST_WORDS),
        (NO_DEFINITION, lambda: not any(letter.isalpha() for letter in said.definition)),
        (TOO_LONG_A_DEFINITION, lambda: len(said.definition) > LONGEST_DEFINITION),
        (AN_ID, lambda: _ID.search(f"{said.name} {said.definition}") is not None),
        (FIGURE, lambda: not (given.bears_out(said.name) and given.bears_out(said.definition))),
        (TAKEN, lambda: names.holds(said.name)),
    )
    return next((reason for reason, is_so in rules if is_so()), "")


def misfit(said: Said, before: str, category: int, siblings: Siblings | None) -> str:
    """What is wrong with a name as one of these statements, or an empty string.

    A name of a word or two may be too short for an encoder: it is given up only if it fails with its definition, too.
    """
    if siblings is None:
        return ""
    readings = (said.name, f"{said.name}. {said.definition}")
    if not any(siblings.fits(category, each) for each in readings):
        return FITS_OTHER
    return LESS_DISTINCTIVE if all(siblings.falls(category, before, each) for each in readings) else ""
