"""Which columns of different partitions are one column: by a person's word, by name, by name without its spelling."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_PUNCTUATION = re.compile(r"[\W_]+")

Spelling = tuple[str, str]
"""A partition and a column as written there."""

SAME_NAME, SAME_LETTERS, SAME_NORMALISED = 1.0, 0.98, 0.9
"""Confidence by the weakest step that joined the spellings: none, upper and lower case, everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """One column over partitions: its name in each, in the partitions' order, and how sure we are that it is one.

    `evidence` has a sentence for each step that joined names. `given` is the name that a person gave it; `apart` says
    that the person wants it kept from columns of other names.
    """

    columns: dict[str, str]
    confidence: float
    evidence: tuple[str, ...] = ()
    given: str | None = None
    apart: bool = False

    @property
    def name(self) -> str:
        """The canonical name: a person's, else the latest spelling, which no other column has."""
        return list(self.columns.values())[-1] if self.given is None else self.given


def normalised(name: str) -> str:
    """`name` without case, accents, spaces and punctuation; a name of nothing else is left as it is.

    What separates two digits stays, as a point: `q1_12` is not `q11_2`.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    folded = letters.casefold()
    parts = _BETWEEN_DIGITS.split(folded)
    return ".".join(_PUNCTUATION.sub("", part) for part in parts) or name


def align(names: Mapping[str, Sequence[str]], given: Mapping[Spelling, str] | None = None) -> tuple[Aligned, ...]:
    """Align columns one-to-one.

    What a person gave one name is one column, with all columns of that name. Then spellings are joined in two steps,
    first those that differ in case only, then those that are equal when normalised. Where two spellings of a step occur
    in one partition, or a person gave them two names, nothing tells which one goes with the others: that step joins
    none of them.

    Args:
        names: partition -> its columns in order; partitions in order.
        given: (partition, column) -> the name that a person gave it.

    Returns:
        Columns ordered by their place in the latest partition that has them, latest partitions first.

    """
    given = given or {}
    exact: dict[str, dict[str, str]] = {}
    for partition, columns in names.items():
        for column in columns:
            exact.setdefault(given.get((partition, column), column), {})[partition] = column
    groups = [_aligned(name, columns, given) for name, columns in exact.items()]
    groups = _joined(groups, str.casefold, SAME_LETTERS)
    groups = _joined(groups, normalised, SAME_NORMALISED)
    return in_order(groups, names)


def in_order(groups: Iterable[Aligned], names: Mapping[str, Sequence[str]]) -> tuple[Aligned, ...]:
    """The columns as `align` orders them, each with its partitions in order."""
    place = {
        (partition, column): (-age, position)
        for age, (partition, columns) in enumerate(names.items())
        for position, column in enumerate(columns)
    }
    ordered = [
        replace(group, columns={each: group.columns[each] for each in names if each in group.columns})
        for group in groups
    ]
    return tuple(sorted(ordered, key=lambda group: place[list(group.columns.items())[-1]]))


def _aligned(name: str, columns: dict[str, str], given: Mapping[Spelling, str]) -> Aligned:
    by_hand = [column for partition, column in columns.items() if (partition, column) in given]
    if not by_hand:
        return Aligned(columns=columns, confidence=SAME_NAME)
    others = [repr(each) for each in dict.fromkeys(by_hand) if each != name]
    evidence = (f"columns.rename says that {', '.join(others)} is {name!r}",) if others else ()
    return Aligned(columns=columns, confidence=SAME_NAME, evidence=evidence, given=name, apart=name in by_hand)


def renames(columns: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(partition, former name, name) wherever a column's name changes from one partition to the next that has it."""
    spelled = list(columns.items())
    for (_, former), (partition, name) in pairwise(spelled):
        if name != former:
            yield partition, former, name


def _joined(groups: Sequence[Aligned], key: Callable[[str], str], confidence: float) -> list[Aligned]:
    by_key: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        for found in dict.fromkeys(map(key, group.columns.values())):
            by_key.setdefault(found, []).append(place)
    merged: dict[int, Aligned] = dict(enumerate(groups))
    at = list(range(len(groups)))
    members = {place: [place] for place in at}
    for places in by_key.values():
        same = list(dict.fromkeys(at[place] for place in places))
        one = _one(tuple(merged[place] for place in same), confidence) if len(same) > 1 else None
        if one is None:
            continue
        for gone in same[1:]:
            members[same[0]] += members[gone]
            del merged[gone]
        merged[same[0]] = one
        for place in members[same[0]]:
            at[place] = same[0]
    return list(merged.values())


def _one(same: Sequence[Aligned], confidence: float) -> Aligned | None:
    columns = {partition: name for group in same for partition, name in group.columns.items()}
    given = {group.given for group in same if group.given is not None}
    if len(columns) < sum(len(group.columns) for group in same) or len(given) > 1:
        return None
    spellings = ", ".join(map(repr, dict.fromkeys(name for group in same for name in group.columns.values())))
    return Aligned(
        columns=columns,
        confidence=min(confidence, *(group.confidence for group in same)),
        evidence=(
            *(each for group in same if group.given is not None for each in group.evidence),
            f"same name but for case, accents, spaces or punctuation: {spellings}",
        ),
        given=next(iter(given), None),
        apart=any(group.apart for group in same),
    )
