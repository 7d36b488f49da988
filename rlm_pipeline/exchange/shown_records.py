"""Records as a reader of chunks sees them, whatever they were cut into; columns that are ignored are never shown."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.chunking import column_layout, rendering
from rlm_pipeline.chunking.rendering import SEPARATOR
from rlm_pipeline.chunking.source_records import SourceRecords
from rlm_pipeline.chunking.views import View, view_of
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.exchange.chunk_tables import matching_sources
from rlm_pipeline.model import REPLACED, ROW, SOURCE, SourceManifest
from rlm_pipeline.store import DatasetStore

_NOTHING = View(kind="rendered")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRecord:
    """A record and where it is in its source: characters and bytes are half-open.

    `verbatim`: the text is these characters of the source; else it is rendered from them, or has placeholders in it.
    """

    partition: str
    source: str
    row: int
    line: int
    char_start: int
    char_end: int
    byte_start: int
    byte_end: int
    verbatim: bool
    place: str
    text: str


def partitions_read(store: DatasetStore, partitions: Sequence[str]) -> tuple[str, ...]:
    """The partitions named, in order, or all that were read.

    Raises:
        NotMaterialised: nothing was read yet.
        QueryError: there is no such partition; names those there are.

    """
    present = store.partitions_with("raw_file", ".json")
    if not present:
        raise NotMaterialised("raw_file", None, store.name)
    for each in partitions:
        if each not in present:
            raise QueryError(f"{store.name} has no partition {each!r}; it has {', '.join(present)}")
    return tuple(each for each in present if each in partitions or not partitions)


def sources_read(
    store: DatasetStore, partitions: Sequence[str], sources: Collection[str]
) -> dict[str, list[SourceManifest]]:
    """The sources named, or all, by partition; a partition without any of them is left out.

    Raises:
        NotMaterialised: nothing was read yet.
        QueryError: there is no such partition or source.

    """
    read = {each: store.manifest(each).sources for each in partitions_read(store, partitions)}
    names = matching_sources(store, sources, (one.source for every in read.values() for one in every))
    chosen = {
        partition: [one for one in every if one.source in names or not sources] for partition, every in read.items()
    }
    return {partition: found for partition, found in chosen.items() if found}


def stream(
    store: DatasetStore, config: DatasetConfig, *, partitions: Sequence[str] = (), sources: Collection[str] = ()
) -> Iterator[ShownRecord]:
    """The records of some partitions and sources (none named: all), in order; one batch is in memory.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.
        QueryError: there is no such partition or source.

    """
    for partition, wanted in sources_read(store, partitions, sources).items():
        every = store.manifest(partition).sources
        names = {each.source for each in wanted}
        profile = column_layout.profile_of(store, config, partition)
        views = {
            each.source: view_of(each, config.columns, profile) if each.source in names else _NOTHING for each in every
        }
        with SourceRecords(store, partition, views) as records:
            for source in every:
                located = records.of(source)
                if source.source not in names:
                    deque(located, maxlen=0)
                    continue
                verbatim = views[source.source].kind == "verbatim"
                for each in located:
                    record = each.record
                    yield ShownRecord(
                        partition=partition,
                        source=source.source,
                        row=record.row,
                        line=record.line,
                        char_start=each.char_start,
                        char_end=each.char_end,
                        byte_start=each.byte_start,
                        byte_end=each.byte_end,
                        verbatim=verbatim and not each.replaced,
                        place=record.place,
                        text=record.text if verbatim else record.text.removesuffix(SEPARATOR),
                    )


def some(
    store: DatasetStore, config: DatasetConfig, partition: str, source: SourceManifest, extents: pl.DataFrame
) -> Iterator[ShownRecord]:
    """The records of one source at these rows of `EXTENT_SCHEMA`, without reading the others."""
    profile = column_layout.profile_of(store, config, partition)
    view = view_of(source, config.columns, profile)
    extents = extents.filter("stored").sort("row")
    texts = extents["text"].to_list()
    untouched = extents[REPLACED].is_null().to_list() if REPLACED in extents.columns else [True] * extents.height
    if view.kind != "verbatim":
        cells = _cells(store, partition, source, extents["row"].to_list(), view)
        texts = [text.removesuffix(SEPARATOR) for text in _rendered(cells, view)]
    columns = ["row", "line", "char_start", "char_end", "byte_start", "byte_end"]
    for extent, text, same in zip(extents.select(columns).iter_rows(named=True), texts, untouched, strict=True):
        verbatim = view.kind == "verbatim" and same
        yield ShownRecord(partition=partition, source=source.source, verbatim=verbatim, place="", text=text, **extent)


def _cells(
    store: DatasetStore, partition: str, source: SourceManifest, rows: Sequence[int], view: View
) -> pl.DataFrame:
    frame = pl.scan_parquet(store.records_folder(partition) / source.records_file)
    present = frame.collect_schema().names()
    shown = [name for name in view.shown if name in present]
    wanted = frame.filter((pl.col(SOURCE) == source.source) & pl.col(ROW).is_in(rows))
    return wanted.select(ROW, *shown).collect().sort(ROW).drop(ROW)


def _rendered(cells: pl.DataFrame, view: View) -> list[str]:
    if view.kind == "words":
        return list(rendering.words(cells.to_series(0)))
    return list(rendering.render(cells, cells.columns, cells.height))
