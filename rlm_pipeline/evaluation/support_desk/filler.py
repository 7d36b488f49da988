"""The hundreds of columns around the planted ones: sparse codes, flags, measures, dates, constants, duplicates.

All values of all filler columns lie in one table of strings; a column is a range of its slots and a fill share, so
that a whole batch is one random matrix and one lookup. Filler is independent of everything planted.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.evaluation.support_desk.filler_words import ATTRIBUTES, CONSTANTS, GROUPS, VOCABULARIES

Cells = NDArray[np.object_]
"""Texts of cells, shape (rows, columns)."""

_SLOTS = 64
_POOL = 2048
_POOLS = 40
_KINDS: tuple[tuple[str, float], ...] = (
    ("empty", 0.10), ("constant", 0.06), ("near_constant", 0.06), ("flag", 0.10), ("categorical", 0.12),
    ("sparse_categorical", 0.11), ("measure", 0.20), ("sparse_measure", 0.07), ("date", 0.10), ("identifier", 0.04),
    ("duplicate", 0.02), ("recoded_duplicate", 0.02),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FillerColumn:
    """One filler column: `slots` slots of the table from `offset` on, in a share `fill` of the rows.

    `retyped_offset` holds the slots it takes from year `retyped_from` on; a duplicate repeats column `copy_of`.
    """

    name: str
    kind: str
    offset: int = 0
    slots: int = 1
    fill: float = 0.0
    copy_of: int | None = None
    retyped_from: int | None = None
    retyped_offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """All filler columns and the table their values lie in; slot 0 is the empty cell, dates come with the year."""

    columns: tuple[FillerColumn, ...]
    table: Cells

    def cells(self, rows: int, first: int, year: int, dates: Cells, rng: np.random.Generator) -> Cells:
        """Cells of `rows` records, shape (rows, columns); `first` numbers them for identifiers.

        `dates` are texts of one year's dates; they fill the date columns.
        """
        offsets = np.array([self._offset(column, year) for column in self.columns], dtype=np.int64)
        fill = np.array([column.fill for column in self.columns], dtype=np.float32)
        slots = np.array([column.slots for column in self.columns], dtype=np.float32)
        chance = rng.random((rows, len(self.columns)), dtype=np.float32)
        scale = np.divide(slots, fill, out=np.zeros_like(fill), where=fill > 0)
        codes = np.minimum(chance * scale, slots - 1).astype(np.int64) + offsets
        codes[chance >= fill] = 0
        for place, column in enumerate(self.columns):
            if column.copy_of is not None:
                source = codes[:, column.copy_of]
                codes[:, place] = np.where(source > 0, source - offsets[column.copy_of] + column.offset, 0)
        cells = np.concatenate([self.table, dates]).take(codes)
        for place, column in enumerate(self.columns):
            if column.kind == "identifier":
                cells[:, place] = [f"{column.name[:3].upper()}{number * 7919 % 9999991:07d}-{number}"
                                   for number in range(first, first + rows)]  # fmt: skip
        return cells

    def _offset(self, column: FillerColumn, year: int) -> int:
        if column.kind == "date":
            return len(self.table)
        retyped = column.retyped_from is not None and year >= column.retyped_from
        return column.retyped_offset if retyped else column.offset


class _Table:
    """The table of strings while it is being filled."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]

    def add(self, texts: list[str]) -> int:
        """Append `texts`; returns the slot of the first."""
        self.texts.extend(texts)
        return len(self.texts) - len(texts)


def plan_filler(count: int, years: int, rng: np.random.Generator, *, dirt: float) -> Filler:
    """`count` filler columns of all kinds, in the shares of `_KINDS`."""
    table = _Table()
    measures = [table.add(_measures(rng, dirt)) for _ in range(_POOLS)]
    codes = table.add([f"C-{number % 40:03d}" for number in range(_POOL)])
    kinds = rng.choice([kind for kind, _ in _KINDS], size=count, p=[share for _, share in _KINDS])
    columns: list[FillerColumn] = []
    for name, kind in zip(_names(kinds, rng), kinds.tolist(), strict=True):
        column = FillerColumn(name=name, kind=kind)
        if kind in ("duplicate", "recoded_duplicate"):
            column = _duplicate(column, columns, table)
        elif kind in ("measure", "sparse_measure"):
            late = int(rng.integers(1, max(years, 2))) if rng.random() < 0.04 else None
            column = replace(
                column,
                offset=measures[int(rng.integers(_POOLS))],
                slots=_POOL,
                fill=_fill(kind, rng),
                retyped_from=late,
                retyped_offset=codes,
            )
        else:
            texts = _slot_texts(kind, rng, dirt)
            column = replace(column, offset=table.add(texts), slots=max(len(texts), 1), fill=_fill(kind, rng))
        columns.append(replace(column, slots=_POOL) if kind == "date" else column)
    return Filler(columns=tuple(columns), table=np.array(table.texts, dtype=object))


def _names(kinds: NDArray[np.str_], rng: np.random.Generator) -> list[str]:
    names: dict[str, None] = {}
    for kind in kinds.tolist():
        attributes = ATTRIBUTES[kind]
        stem = f"{GROUPS[int(rng.integers(len(GROUPS)))]}_{attributes[int(rng.integers(len(attributes)))]}"
        name, number = stem, 1
        while name in names:
            number += 1
            name = f"{stem}_{number}"
        names[name] = None
    return list(names)


def _fill(kind: str, rng: np.random.Generator) -> float:
    low, high = {
        "empty": (0.0, 0.0), "constant": (1.0, 1.0), "near_constant": (1.0, 1.0), "flag": (0.2, 1.0),
        "categorical": (0.7, 1.0), "sparse_categorical": (0.01, 0.2), "measure": (0.5, 1.0),
        "sparse_measure": (0.01, 0.2), "date": (0.3, 0.9), "identifier": (0.0, 0.0),
    }[kind]  # fmt: skip
    return float(rng.uniform(low, high))


def _slot_texts(kind: str, rng: np.random.Generator, dirt: float) -> list[str]:
    vocabulary = VOCABULARIES[int(rng.integers(len(VOCABULARIES)))]
    constant = CONSTANTS[int(rng.integers(len(CONSTANTS)))]
    if kind == "constant":
        return [constant]
    if kind == "near_constant":
        return [constant] * (_POOL - 1) + [vocabulary[1]]
    if kind == "flag":
        yes = int(rng.integers(4, 60))
        return ["Y"] * yes + ["N"] * (_SLOTS - yes)
    if kind not in ("categorical", "sparse_categorical"):
        return []
    shares = rng.dirichlet(np.full(len(vocabulary), 2.0))
    counts = np.maximum((shares * _SLOTS).astype(int), 1)
    texts = [text for text, slots in zip(vocabulary, counts.tolist(), strict=True) for _ in range(slots)]
    return [*texts, "N/A"] if dirt > 0 and rng.random() < 0.1 else texts


def _measures(rng: np.random.Generator, dirt: float) -> list[str]:
    scale = 10.0 ** rng.uniform(0, 4)
    values = rng.gamma(2.0, scale, _POOL)
    values[:4] *= 60  # outliers
    digits = int(rng.integers(0, 3))
    texts = [f"{value:.{digits}f}" for value in values]
    if dirt > 0:
        texts[4:6] = ["-", "n/a"]
    return texts


def _duplicate(column: FillerColumn, earlier: list[FillerColumn], table: _Table) -> FillerColumn:
    """A copy of an earlier categorical column, its values recoded one to one if its kind says so."""
    copied = {one.copy_of for one in earlier}
    sources = [
        place for place, one in enumerate(earlier) if one.kind in ("categorical", "flag") and place not in copied
    ]
    if not sources:
        return replace(column, kind="empty")
    source = earlier[sources[-1]]
    if column.kind == "duplicate":
        return replace(column, offset=source.offset, slots=source.slots, copy_of=sources[-1])
    texts = table.texts[source.offset : source.offset + source.slots]
    codes = {text: f"{number:02d}" for number, text in enumerate(dict.fromkeys(texts), start=1)}
    return replace(column, offset=table.add([codes[text] for text in texts]), slots=source.slots, copy_of=sources[-1])
