"""The records of a partition, source by source, as their chunker takes them, each with its place in the source."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import repeat
from types import TracebackType
from typing import Self

import polars as pl

from rlm_pipeline.chunking import rendering
from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.chunking.ranges import Located
from rlm_pipeline.chunking.record_batches import PLACED, RecordBatch
from rlm_pipeline.chunking.record_tables import EXTENT_COLUMNS, TableInOrder, located, side_by_side
from rlm_pipeline.chunking.views import View
from rlm_pipeline.model import REPLACED, ROW, SOURCE, SourceManifest
from rlm_pipeline.sources.redaction.texts import growth
from rlm_pipeline.store import DatasetStore

_IDENTITY = (SOURCE, ROW)
_PLACED = ("row", "line", "char_start", "char_end", "byte_start", "byte_end")
_NO_CELLS: Mapping[str, str] = {}


class SourceRecords:
    """A partition's records, to be asked for in the order of its manifest; a context manager that holds files open.

    `views` has a view for each source.

    Raises:
        NotMaterialised: raw_file has not run for the partition.

    """

    def __init__(self, store: DatasetStore, partition: str, views: Mapping[str, View]) -> None:
        self._views = views
        self._folder = store.records_folder(partition)
        self._columns: dict[str, dict[str, None]] = {}
        for each in store.manifest(partition).sources:
            self._columns.setdefault(each.records_file, {}).update(dict.fromkeys(views[each.source].columns))
        self._open = ExitStack()
        self._tables: dict[str, TableInOrder] = {}
        extents = store.existing(store.extents_path(partition), "raw_file", partition)
        self._extents = self._open.enter_context(TableInOrder(extents, EXTENT_COLUMNS))

    def of(self, source: SourceManifest) -> Iterator[Located]:
        """The records of the next source, in the order of their rows.

        Raises:
            StoreError: the stored records and their places are not of one run of raw_file.

        """
        view, table = self._views[source.source], self._table(source.records_file)
        moved = 0
        for cells, where in self._frames(source):
            for each in _located(cells, where, table.columns, view):
                yield each if not moved else _moved(each, moved)
                moved += growth(each.replaced)

    def batches_of(self, source: SourceManifest) -> Iterator[RecordBatch]:
        """The records of the next source, which is rendered, in the order of their rows.

        Raises:
            StoreError: the stored records and their places are not of one run of raw_file.

        """
        view, table = self._views[source.source], self._table(source.records_file)
        for cells, where in self._frames(source):
            yield _batch(_by_name(cells, table.columns), where, view)

    def _frames(self, source: SourceManifest) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        extents = located(self._extents.of(source.source))
        records = self._table(source.records_file).of(source.source)
        return side_by_side(records, extents, _IDENTITY.index(ROW), source=source.source)

    def _table(self, name: str) -> TableInOrder:
        if name not in self._tables:
            columns = (*_IDENTITY, *self._columns[name])
            self._tables[name] = self._open.enter_context(TableInOrder(self._folder / name, columns))
        return self._tables[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()


def _by_name(cells: pl.DataFrame, names: Sequence[str]) -> Mapping[str, pl.Series]:
    return {name: cells.to_series(place) for place, name in enumerate(names)}


def _batch(at: Mapping[str, pl.Series], where: pl.DataFrame, view: View) -> RecordBatch:
    names, cells = _shown(at, view)
    place = _places(at, view.place)
    last_lines = _last_lines(at, where, view).alias("line_end")
    placed = where.with_columns(last_lines, pl.lit("").alias("place") if place is None else place).select(PLACED)
    return RecordBatch(names=names, cells=cells, where=placed)


def _shown(at: Mapping[str, pl.Series], view: View) -> tuple[tuple[str, ...], pl.DataFrame]:
    """The columns that are shown and there; numbered, for names may be anything."""
    names = tuple(name for name in view.shown if name in at)
    return names, pl.DataFrame([at[name].alias(str(place)) for place, name in enumerate(names)])


def _located(cells: pl.DataFrame, where: pl.DataFrame, names: Sequence[str], view: View) -> Iterator[Located]:
    at = _by_name(cells, names)
    told = _told(at, view.told, cells.height)
    place = _places(at, view.place)
    last_lines = _last_lines(at, where, view)
    hidden = where[REPLACED].to_list() if view.kind == "verbatim" and REPLACED in where.columns else repeat(None)
    for text, named, own, extent, last_line, replaced in zip(
        _texts(at, where, view), repeat("") if place is None else place, told, where.select(_PLACED).iter_rows(),
        last_lines, hidden, strict=False,
    ):  # fmt: skip
        row, line, start, end, byte_start, byte_end = extent
        if view.kind == "verbatim":
            end = start + len(text)  # of a range that is too long to be kept, the text is its beginning
        record = Record(row=row, line=line, start=start, end=end, text=text, place=named, cells=own)
        yield Located(record, last_line, byte_start, byte_end, replaced=replaced or ())


def _moved(located: Located, moved: int) -> Located:
    """A record as it is shown behind others that became longer."""
    record = located.record
    shown = replace(record, start=record.start + moved, end=record.end + moved)
    return located._replace(record=shown, moved=moved)


def _last_lines(at: Mapping[str, pl.Series], where: pl.DataFrame, view: View) -> pl.Series:
    """The last line of each record: the one before that of the record behind it, where that follows directly."""
    follows = (pl.col("next_start") == pl.col("char_end")).fill_null(value=False)
    before_next = pl.max_horizontal("line", pl.col("next_line") - 1)
    lines = where.select(pl.when(follows).then(before_next).otherwise("line").alias("last"))["last"]
    apart = where.select(~follows).to_series()
    if not view.line_ends or not apart.any():
        return lines
    names, cells = _shown(at, view)
    if not names:
        return lines
    ends = pl.all().str.count_matches("\n", literal=True).cast(pl.Int64)
    counted = cells.filter(apart).select(pl.sum_horizontal(ends))
    return lines.scatter(apart.arg_true(), lines.filter(apart) + counted.to_series())


def _texts(at: Mapping[str, pl.Series], where: pl.DataFrame, view: View) -> Iterable[str]:
    if view.kind == "verbatim":
        return where["text"]
    if view.kind == "words":
        return rendering.words(at[view.shown[0]])
    names, cells = _shown(at, view)
    return rendering.render(cells, names, where.height)


def _places(at: Mapping[str, pl.Series], place: pl.Expr | None) -> pl.Series | None:
    if place is None:
        return None
    named = [at[name].alias(name) for name in dict.fromkeys(place.meta.root_names())]
    return pl.DataFrame(named).select(place.alias("place"))["place"]


def _told(at: Mapping[str, pl.Series], told: Sequence[str], height: int) -> Iterable[Mapping[str, str]]:
    present = [name for name in told if name in at]
    if not present:
        return repeat(_NO_CELLS, height)
    rows = zip(*(at[name] for name in present), strict=True)
    return ({name: cell for name, cell in zip(present, row, strict=True) if cell is not None} for row in rows)
