"""Which columns of different partitions are the same column: by exact name, then by name without its spelling."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_PUNCTUATION = re.compile(r"[\W_]+")

SAME_NAME, SAME_LETTERS, SAME_NORMALISED = 1.0, 0.98, 0.9
"""Confidence by the weakest step that joined the spellings: none, upper and lower case, everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """One column over partitions: its name in each, in the partitions' order, and how sure we are that it is one."""

    columns: dict[str, str]
    confidence: float


def normalised(name: str) -> str:
    """`name` without case, accents, spaces and punctuation; a name of nothing else is left as it is.

    What separates two digits stays, as a point: `q1_12` is not `q11_2`.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    folded = letters.casefold()
    parts = _BETWEEN_DIGITS.split(folded)
    return ".".join(_PUNCTUATION.sub("", part) for part in parts) or name


def align(names: Mapping[str, Sequence[str]]) -> tuple[Aligned, ...]:
    """Align columns one-to-one.

    Spellings are joined in two steps, first those that differ in case only, then those that are equal when normalised.
    Where two spellings of a step occur in one partition, nothing tells which one goes with the other partitions'
    spelling: that step joins none of them.

    Args:
        names: partition -> its columns in order; partitions in order.

    Returns:
        Columns ordered by their place in the latest partition that has them, latest partitions first.

    """
    exact: dict[str, dict[str, str]] = {}
    for partition, columns in names.items():
        for column in columns:
            exact.setdefault(column, {})[partition] = column
    groups = [Aligned(columns=columns, confidence=SAME_NAME) for columns in exact.values()]
    groups = _joined(groups, str.casefold, SAME_LETTERS)
    groups = _joined(groups, normalised, SAME_NORMALISED)
    place = {
        (partition, column): (-age, position)
        for age, (partition, columns) in enumerate(names.items())
        for position, column in enumerate(columns)
    }
    ordered = [_in_order(group, tuple(names)) for group in groups]
    return tuple(sorted(ordered, key=lambda group: place[list(group.columns.items())[-1]]))


def renames(columns: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(partition, former name, name) wherever a column's name changes from one partition to the next that has it."""
    spelled = list(columns.items())
    for (_, former), (partition, name) in pairwise(spelled):
        if name != former:
            yield partition, former, name


def _joined(groups: Sequence[Aligned], key: Callable[[str], str], confidence: float) -> list[Aligned]:
    by_key: dict[str, list[Aligned]] = {}
    for group in groups:
        by_key.setdefault(key(next(iter(group.columns.values()))), []).append(group)
    joined = []
    for same in by_key.values():
        columns = {partition: name for group in same for partition, name in group.columns.items()}
        if len(same) == 1 or len(columns) < sum(len(group.columns) for group in same):
            joined.extend(same)
        else:
            joined.append(Aligned(columns=columns, confidence=min(confidence, *(group.confidence for group in same))))
    return joined


def _in_order(group: Aligned, partitions: Sequence[str]) -> Aligned:
    columns = {partition: group.columns[partition] for partition in partitions if partition in group.columns}
    return Aligned(columns=columns, confidence=group.confidence)
