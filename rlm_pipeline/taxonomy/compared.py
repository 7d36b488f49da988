"""Which columns are set against the dimensions, and their answers as variables.

A column is compared if it has 2 to 30 values, or is a quantity (cut at its quartiles), is answered in at least 30 % of
all records, and is neither a dimension itself nor an id, a date, a text, nearly constant, or to be ignored. Spaces
around a value and its case make no difference; placeholders such as `n/a` are no answer.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling import distinct, numbers
from rlm_pipeline.profiling.kinds import PLACEHOLDERS
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.variables import NO_ANSWER, Codes, Records, Variable

MAXIMUM_COLUMNS = 60
MAXIMUM_VALUES = 30
MINIMUM_COVERAGE = 0.3
_OFF_THE_MODE = 30
_OFF_THE_MODE_SHARE = 0.0005
_QUARTILE_BITS = 2.0
_WRITTEN_OUT = 1e12  # whole numbers below are written with all their digits
_CELLS_AT_ONCE = 8_000_000  # numbers held at once: 64 MB

_COUNTABLE = frozenset({"categorical", "string", "integer", "number", "constant", "empty"})
_NUMERIC = frozenset({"integer", "number"})
_ROLES_LEFT_OUT = frozenset({"id", "date", "text", "ignored"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedColumn:
    """One column to compare; `levels` are its values as most often written, none for a quantity."""

    name: str
    levels: tuple[str, ...]
    answered: int  # records
    coverage: float  # of all records
    entropy: float  # bits

    @property
    def is_quantity(self) -> bool:
        """Whether the column's numbers are cut at their quartiles."""
        return not self.levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The columns to compare, by name, and those that would have been with a larger bound."""

    columns: tuple[ComparedColumn, ...]
    beyond: tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    """What the profiles of all partitions say about one canonical column."""

    non_null: int = 0
    complete: bool = True
    kinds: set[str] = field(default_factory=set)
    values: Counter[str] = field(default_factory=Counter)


def choose(
    store: DatasetStore, config: DatasetConfig, schema: Schema, *, partitions: Iterable[str], facets: Iterable[str]
) -> Choice:
    """Columns to compare, at most `MAXIMUM_COLUMNS`: those with the largest coverage times entropy.

    `facets` are the canonical columns that are dimensions, or were tried as one.
    """
    taken = set(facets)
    open_columns = {
        column.name
        for column in schema.columns
        if column.name not in taken
        and column.role not in _ROLES_LEFT_OUT
        and not any(config.columns.is_ignored(name) for name in (column.name, *column.columns.values()))
    }
    found = candidates(store, schema, tuple(partitions))
    ranked = sorted(
        (found[name] for name in open_columns & found.keys()),
        key=lambda each: (-round(each.coverage * each.entropy, 9), each.name),
    )
    chosen, beyond = ranked[:MAXIMUM_COLUMNS], ranked[MAXIMUM_COLUMNS:]
    return Choice(
        columns=tuple(sorted(chosen, key=lambda each: each.name)), beyond=tuple(sorted(each.name for each in beyond))
    )


def candidates(store: DatasetStore, schema: Schema, partitions: tuple[str, ...]) -> dict[str, ComparedColumn]:
    """The columns whose values allow a comparison, by name, whatever their role."""
    records = sum(store.manifest(partition).rows for partition in partitions)
    seen = _seen(store, schema, partitions)
    measured = (
        _compared(column.name, column.kind, seen[column.name], records)
        for column in schema.columns
        if column.name in seen
    )
    return {column.name: column for column in measured if column is not None}


def variables(
    store: DatasetStore, schema: Schema, records: Records, columns: tuple[ComparedColumn, ...]
) -> tuple[Variable, ...]:
    """The columns' answers over all records; a bounded number of columns is read at once."""
    together = max(1, _CELLS_AT_ONCE // max(1, records.count))
    batches = (columns[start : start + together] for start in range(0, len(columns), together))
    return tuple(variable for batch in batches for variable in _batch(store, schema, records, batch))


def answers(cells: pl.Series, column: ComparedColumn) -> pl.Series:
    """Whether each cell (String) answers: Boolean, no nulls."""
    if column.is_quantity:
        return pl.Series(~np.isnan(_numbers(cells)))
    normal = _normal(cells)
    return (normal.is_not_null() & (normal != "") & ~normal.is_in(sorted(PLACEHOLDERS))).fill_null(value=False)


def _seen(store: DatasetStore, schema: Schema, partitions: Iterable[str]) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for partition in partitions:
        profile = store.scan(store.profile_path(partition), "column_profile", partition)
        wanted = profile.select("column", "kind", "non_null", "value_counts", "counts_complete").collect()
        for name, kind, non_null, counts, complete in wanted.iter_rows():
            canonical = schema.canonical(partition, name)
            if canonical is None:
                continue
            column = seen.setdefault(canonical, _Seen())
            column.kinds.add(kind)
            column.non_null += non_null or 0
            column.complete = column.complete and bool(complete)
            if column.complete:
                column.values.update({each["value"]: each["count"] for each in counts or ()})
    return seen


def _compared(name: str, kind: str, seen: _Seen, records: int) -> ComparedColumn | None:
    if not seen.kinds <= _COUNTABLE or not records:
        return None
    merged = _merged(seen.values) if seen.complete else {}
    if seen.complete and len(merged) <= MAXIMUM_VALUES:
        sizes = [sum(counts.values()) for counts in merged.values()]
        least = max(_OFF_THE_MODE, _OFF_THE_MODE_SHARE * records)
        if len(sizes) < 2 or sum(sizes) - max(sizes) < least:
            return None
        levels = tuple(min(counts, key=lambda value: (-counts[value], value)).strip() for counts in merged.values())
        answered, entropy = sum(sizes), _entropy(sizes)
    elif kind in _NUMERIC:
        levels, answered, entropy = (), seen.non_null, _QUARTILE_BITS
    else:
        return None
    coverage = answered / records
    if coverage < MINIMUM_COVERAGE:
        return None
    return ComparedColumn(name=name, levels=levels, answered=answered, coverage=coverage, entropy=entropy)


def _merged(values: Mapping[str, int]) -> dict[str, Counter[str]]:
    """Normal form -> its written forms with their counts, by normal form; placeholders left out."""
    merged: dict[str, Counter[str]] = {}
    for value, normal in zip(values, _normal(pl.Series(list(values), dtype=pl.String)), strict=True):
        if normal and normal not in PLACEHOLDERS:
            merged.setdefault(normal, Counter())[value] += values[value]
    return dict(sorted(merged.items()))


def _normal(cells: pl.Series) -> pl.Series:
    return cells.str.strip_chars().str.to_lowercase()


def _entropy(sizes: Iterable[int]) -> float:
    sizes = tuple(sizes)
    total = sum(sizes)
    return -sum(size / total * math.log2(size / total) for size in sizes if size)


def _batch(
    store: DatasetStore, schema: Schema, records: Records, columns: tuple[ComparedColumn, ...]
) -> Iterator[Variable]:
    codes = {c.name: np.full(records.count, NO_ANSWER, dtype=np.int16) for c in columns if not c.is_quantity}
    quantities = {c.name: np.full(records.count, np.nan) for c in columns if c.is_quantity}
    by_name = {column.name: column for column in columns}
    for position, partition in enumerate(records.partitions):
        start, end = records.starts[position], records.starts[position + 1]
        written = {schema.written_as(name, partition): name for name in by_name} if end > start else {}
        present = [name for name in distinct.positions(store, partition) if name in written]
        for names, cells in distinct.cells(store, partition, present, records=end - start):
            for name in names:
                column = by_name[written[name]]
                if column.is_quantity:
                    quantities[column.name][start:end] = _numbers(cells[name])
                else:
                    codes[column.name][start:end] = _coded(cells[name], column.levels)
    for column in columns:
        levels = column.levels
        if column.is_quantity:
            codes[column.name], levels = _quartiles(quantities.pop(column.name))
        yield Variable(
            id=column.name,
            name=column.name,
            levels=levels,
            level_ids=levels,
            codes=codes[column.name],
            is_dimension=False,
        )


def _coded(cells: pl.Series, levels: tuple[str, ...]) -> Codes:
    code_of = {normal: code for code, normal in enumerate(_normal(pl.Series(levels, dtype=pl.String)))}
    codes: Codes = _normal(cells).replace_strict(code_of, default=NO_ANSWER, return_dtype=pl.Int16).to_numpy()
    return codes


def _numbers(cells: pl.Series) -> npt.NDArray[np.float64]:
    frame = pl.DataFrame({"value": cells})
    values = frame.unique().drop_nulls().select(pl.lit(0, pl.Int32).alias("column"), "value")
    parsed = values.with_columns(numbers.parse(values)["number"])
    joined = frame.join(parsed.select("value", "number"), on="value", how="left", maintain_order="left")
    read: npt.NDArray[np.float64] = joined["number"].fill_null(math.nan).to_numpy()
    return read


def _quartiles(quantity: npt.NDArray[np.float64]) -> tuple[Codes, tuple[str, ...]]:
    known = ~np.isnan(quantity)
    codes = np.full(len(quantity), NO_ANSWER, dtype=np.int16)
    if not known.any():
        return codes, ()
    edges = np.unique(np.quantile(quantity[known], (0.25, 0.5, 0.75)))
    edges = edges[edges < quantity[known].max()]
    codes[known] = np.searchsorted(edges, quantity[known], side="left")
    if not len(edges):
        return codes, ("all",)
    bounds = [f"{edge:,.0f}" if edge.is_integer() and abs(edge) < _WRITTEN_OUT else f"{edge:,.6g}" for edge in edges]
    between = (f"{low} to {high}" for low, high in itertools.pairwise(bounds))
    return codes, (f"at most {bounds[0]}", *between, f"over {bounds[-1]}")
