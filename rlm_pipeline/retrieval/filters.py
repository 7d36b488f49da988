"""Which chunks a query may find: by partition, source, type, place, and by what the records in them say.

A filter is settled before anything is ranked, so the best of the allowed chunks are found, however few they are.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.profiling import schema as schemas
from rlm_pipeline.retrieval import conditions
from rlm_pipeline.retrieval.catalogue import Catalogue
from rlm_pipeline.store import DatasetStore

_MANY_SOURCES = 50

RowsOf = Mapping[tuple[str, str], NDArray[np.int64]]
"""Sorted record numbers by partition and source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Records with one of these categories, by id, in a dimension, by id."""

    dimension: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a chunk must fulfil to be found: all that is given; one of the alternatives of each.

    `sources` are globs; `places` are globs or beginnings of a chunk's place, whatever the case, with or without its
    kind (`method:C.m` or `C.m`). A chunk fulfils `where` (conditions on record columns, see `conditions`) and
    `labelled` when one record in it fulfils all of them.
    """

    partitions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    labelled: tuple[Labelled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """The chunks that fulfil the filters: `rows` of the catalogue, ascending.

    Where partitions and sources say all, they are given; else `by_id` is true. `records` are the records that fulfil
    the conditions, None where there are no conditions.
    """

    rows: NDArray[np.int64]
    partitions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    by_id: bool = False
    records: RowsOf | None = field(default=None, repr=False)

    def matching(self, partition: str, source: str, first: int, last: int) -> tuple[int, ...] | None:
        """Which records of `first` to `last` fulfil the conditions; None where there are none."""
        if self.records is None:
            return None
        rows = self.records.get((partition, source), np.empty(0, np.int64))
        return tuple(rows[np.searchsorted(rows, first) : np.searchsorted(rows, last, "right")].tolist())


def settle(store: DatasetStore, config: DatasetConfig, catalogue: Catalogue, filters: Filters) -> Allowed | None:
    """The allowed chunks; None when all are.

    Raises:
        QueryError: a partition, source, type, column or condition that there is not or that cannot be read.
        NotMaterialised: labels have not run.

    """
    if filters == Filters():
        return None
    keep = pl.lit(value=True)
    sources: tuple[str, ...] = ()
    _check_named(filters.partitions, catalogue.partitions, f"{store.name} has no partition")
    if filters.partitions:
        keep &= pl.col("partition").cast(pl.String).is_in(filters.partitions)
    if filters.sources:
        sources = _sources(catalogue, filters.sources)
        keep &= pl.col("source").is_in(sources)
    if filters.content_types:
        present = catalogue.chunks["content_type"].unique().cast(pl.String).sort().to_list()
        _check_named(filters.content_types, present, f"{store.name} has no chunks of type")
        keep &= pl.col("content_type").cast(pl.String).is_in(filters.content_types)
    if filters.places:
        keep &= pl.any_horizontal(_at_place(each) for each in filters.places)
    numbered = catalogue.chunks.with_row_index("_at").filter(keep)
    rows = numbered["_at"].cast(pl.Int64).to_numpy()
    records = _records(store, config, catalogue, filters)
    if records is not None:
        rows = rows[_overlapping(catalogue.chunks[rows], records)]
    by_id = bool(filters.content_types or filters.places or records is not None or len(sources) > _MANY_SOURCES)
    return Allowed(rows=rows, partitions=filters.partitions, sources=sources, by_id=by_id, records=records)


def _check_named(wanted: Iterable[str], present: Iterable[str], said: str) -> None:
    known = tuple(present)
    for each in wanted:
        if each not in known:
            raise QueryError(f"{said} {each!r}; it has {', '.join(known)}")


def _sources(catalogue: Catalogue, globs: tuple[str, ...]) -> tuple[str, ...]:
    names = catalogue.chunks["source"].unique().sort()
    found: list[str] = []
    for glob in globs:
        matching = names.filter(names.str.contains(f"(?s)^{glob_expression(glob)}$")).to_list()
        if not matching:
            close = difflib.get_close_matches(glob, names.to_list(), n=3, cutoff=0.3) or names.head(3).to_list()
            raise QueryError(f"no source matches {glob!r}; there are {', '.join(close)}")
        found += matching
    return tuple(dict.fromkeys(found))


def _at_place(wanted: str) -> pl.Expr:
    expression = glob_expression(wanted)
    end = "$" if any(sign in wanted for sign in "*?[") else ""
    return pl.col("place").str.contains(f"(?is)^(?:[a-z_ ]+:)?{expression}{end}")


def glob_expression(glob: str) -> str:
    """A regular expression for `*`, `?` and `[abc]`; a bracket that is not closed stands for itself."""
    parts = re.split(r"(\*|\?|\[!?[^\]]+\])", glob)
    signs = {"*": ".*", "?": "."}
    return "".join(_bracket(part) if odd else re.escape(part) for odd, part in _alternating(parts, signs))


def _alternating(parts: list[str], signs: Mapping[str, str]) -> Iterable[tuple[bool, str]]:
    return ((place % 2 == 1, signs.get(part, part) if place % 2 else part) for place, part in enumerate(parts))


def _bracket(part: str) -> str:
    if not part.startswith("["):
        return part
    negated = part.startswith("[!")
    inside = part[2 if negated else 1 : -1].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    return f"[{'^' if negated else ''}{inside}]"


def _records(store: DatasetStore, config: DatasetConfig, catalogue: Catalogue, filters: Filters) -> RowsOf | None:
    if not filters.where and not filters.labelled:
        return None
    names = _Columns(store, config)
    found: dict[tuple[str, str], NDArray[np.int64]] = {}
    for partition in filters.partitions or catalogue.partitions:
        frames = [_labelled(store, partition, each) for each in filters.labelled]
        if filters.where:
            frames.insert(0, names.fulfilling(partition, filters.where))
        rows = frames[0]
        for frame in frames[1:]:
            rows = rows.join(frame, on=[SOURCE, ROW], how="semi")
        for (source,), mine in rows.collect(engine="streaming").group_by(SOURCE):
            found[partition, str(source)] = np.unique(mine[ROW].to_numpy())
    return found


def _labelled(store: DatasetStore, partition: str, wanted: Labelled) -> pl.LazyFrame:
    labels = store.scan(store.labels_path(partition), "labels", partition)
    mine = labels.filter(pl.col("dimension_id") == wanted.dimension, pl.col("category_id").is_in(wanted.categories))
    return mine.select(pl.col("source").alias(SOURCE), pl.col("row").alias(ROW))


class _Columns:
    """The columns a condition can name: canonical names, or a column's own spelling in a partition."""

    def __init__(self, store: DatasetStore, config: DatasetConfig) -> None:
        self._store, self._config = store, config
        self._canonical: dict[str, dict[str, str]] = {}
        if store.schema_path.exists():
            self._canonical = {each.name: each.columns for each in schemas.load(store).columns}

    def fulfilling(self, partition: str, where: tuple[str, ...]) -> pl.LazyFrame:
        records = self._store.scan_records(partition)
        present = records.collect_schema().names()

        def column(name: str) -> pl.Expr:
            return self._column(name, partition, present)

        keep = [conditions.parse(each, column) for each in where]
        return records.filter(pl.all_horizontal(keep)).select(SOURCE, ROW)

    def _column(self, name: str, partition: str, present: list[str]) -> pl.Expr:
        known = [*self._canonical, *(each for each in present if each not in {SOURCE, ROW, "_line"})]
        by_case = {each.lower(): each for each in reversed(known)}
        actual = name if name in known else by_case.get(name.lower())
        if actual is not None and self._config.columns.is_ignored(actual):
            raise QueryError(
                f"the column {actual!r} of {self._store.name} is ignored (columns: ignore); nobody may ask it"
            )
        if actual is None:
            shown = [each for each in dict.fromkeys(known) if not self._config.columns.is_ignored(each)]
            close = difflib.get_close_matches(name, shown, n=5, cutoff=0.4) or shown[:10]
            names = ", ".join(each if each.isidentifier() else f'"{each}" (in double quotes)' for each in close)
            raise QueryError(f"no column {name!r} in {self._store.name}; there are {names}")
        spelled = self._canonical.get(actual, {}).get(partition, actual)
        if spelled not in present or self._config.columns.is_ignored(spelled):
            return pl.lit(None, dtype=pl.String)
        return pl.col(spelled)


def _overlapping(chunks: pl.DataFrame, records: RowsOf) -> NDArray[np.int64]:
    """The rows of `chunks` with at least one of the records in them, ascending."""
    kept: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    numbered = chunks.select(pl.col("partition").cast(pl.String), "source", "row_start", "row_end").with_row_index(
        "_at"
    )
    for (partition, source), mine in numbered.group_by("partition", "source"):
        rows = records.get((str(partition), str(source)))
        if rows is None:
            continue
        first = np.searchsorted(rows, mine["row_start"].to_numpy())
        last = np.searchsorted(rows, mine["row_end"].to_numpy(), side="right")
        kept.append(mine["_at"].cast(pl.Int64).to_numpy()[last > first])
    return np.sort(np.concatenate(kept))
