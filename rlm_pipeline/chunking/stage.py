"""The stage chunks: every source of a partition cut by the rules of its kind, into chunks that know their place."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rlm_pipeline.chunking import column_layout, packing
from rlm_pipeline.chunking.chunk_table import ChunkSummary, ChunkTable, Origin
from rlm_pipeline.chunking.chunkers import FIXED, JSON, chunker_of, content_type, cut_of
from rlm_pipeline.chunking.column_layout import Profile
from rlm_pipeline.chunking.overlap import end_of
from rlm_pipeline.chunking.piece import Chunker, Piece
from rlm_pipeline.chunking.ranges import Located, Range, Ranges
from rlm_pipeline.chunking.source_records import SourceRecords
from rlm_pipeline.chunking.tabular import Layout
from rlm_pipeline.chunking.views import TABLES, View, view_of
from rlm_pipeline.configuration import Chunking, DatasetConfig
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import SourceManifest
from rlm_pipeline.store import DatasetStore, atomic_path

_PROGRESS_SOURCES = 1000

_log = logging.getLogger(__name__)


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> ChunkSummary:
    """Cut a partition's sources into chunks and store them, `CHUNK_SCHEMA`, in the order of sources and rows.

    A chunk never mixes sources. Joined, the chunks of a source of a verbatim type are its text, what was set aside
    left out; those of other types are its records rendered: lines `column: value` of the non-empty cells of columns
    that are neither empty nor constant nor ignored in this partition, and a blank line. A source of a verbatim type
    is rendered too where a column that stands in its text is ignored.

    Raises:
        NotMaterialised: raw_file or column_profile has not run for this partition; or column_pairs, where a table is
            so wide that its records are cut between groups of columns.
        StoreError: the store cannot be written, or its files are of different runs of raw_file.
        InvariantError: records were lost or invented; a defect of ours.

    """
    manifest = store.manifest(partition)
    arranged = _arrangements(store, config, partition, manifest.sources)
    views = {source: view for source, (view, _) in arranged.items()}
    with (
        SourceRecords(store, partition, views) as records,
        atomic_path(store.chunks_path(partition)) as partial,
        ChunkTable(partial) as table,
    ):
        for number, source in enumerate(manifest.sources, 1):
            _cut(source, records, table, config.chunking, arranged[source.source])
            if number % _PROGRESS_SOURCES == 0:
                _log.info("%s: %d sources, %d chunks", partition, number, table.summary.chunks)
        if table.summary.records != manifest.rows:
            raise InvariantError(
                f"{partition}: the chunks hold {table.summary.records} records, raw_file has {manifest.rows}"
            )
    _log.info("%s: %d chunks of %d records", partition, table.summary.chunks, table.summary.records)
    return table.summary


def _cut(
    source: SourceManifest,
    records: SourceRecords,
    table: ChunkTable,
    chunking: Chunking,
    arranged: tuple[View, Layout],
) -> None:
    view, layout = arranged
    name, chunker = FIXED if chunking.chunker == "fixed" else chunker_of(source.detected_type, view)
    origin = Origin(source=source.source, content_type=content_type(source.detected_type), chunker=name)
    if chunker is None:
        cut = cut_of(source.detected_type, layout)
        placed = packing.pack(records.batches_of(source), chunking.size, cut)
    else:
        placed = _placed(source, chunker, records.of(source), chunking, verbatim=view.kind == "verbatim")
    before = _Before(chunking.overlap)
    for piece, where in placed:
        table.add(origin, piece, where, before.overlap(piece, where))


def _placed(
    source: SourceManifest, chunker: Chunker, records: Iterable[Located], chunking: Chunking, *, verbatim: bool
) -> Iterator[tuple[Piece, Range]]:
    """The pieces of a source whose records are looked at one by one."""
    ranges = Ranges(source.encoding, verbatim=verbatim)
    for piece in chunker(ranges.follow(records), chunking):
        if verbatim and len(piece.text) != piece.end - piece.start:
            raise InvariantError(f"{source.source}: a chunk of row {piece.row_start} is not as long as its range")
        yield piece, ranges.of(piece)


def _arrangements(
    store: DatasetStore, config: DatasetConfig, partition: str, sources: tuple[SourceManifest, ...]
) -> dict[str, tuple[View, Layout]]:
    """How each source is shown, and for tables how the columns of long records are divided."""
    profile = column_layout.profile_of(store, config, partition)
    known: dict[tuple[str, tuple[str, ...]], tuple[View, Layout]] = {}
    for source in sources:
        alike = source.detected_type, source.header
        if alike not in known:
            known[alike] = _arranged(store, config, partition, source, profile)
    return {each.source: known[each.detected_type, each.header] for each in sources}


def _arranged(
    store: DatasetStore, config: DatasetConfig, partition: str, source: SourceManifest, profile: Profile
) -> tuple[View, Layout]:
    view = view_of(source, config.columns, profile)
    if source.detected_type not in TABLES | JSON:
        return view, Layout()
    identifying = column_layout.identifying(profile, view.shown, config)
    wide = column_layout.characters_expected(profile, view.shown) > config.chunking.size
    many = len(view.shown) >= column_layout.FEWEST_COLUMNS and source.detected_type in TABLES
    if not (wide and many and config.chunking.column_groups):
        return view, Layout(identifying=identifying)
    shown, layout = column_layout.in_groups(store, partition, view.shown, identifying)
    return replace(view, shown=shown), layout


class _Before:
    """The chunk that was cut before, of which the end is repeated on request."""

    def __init__(self, overlap: int) -> None:
        self._most, self._text, self._end = overlap, "", -1

    def overlap(self, piece: Piece, where: Range) -> str:
        """What is repeated before a piece: nothing before one that lies before, or is the first."""
        if not self._most:
            return ""
        repeated = end_of(self._text, self._most) if where.char_end >= self._end >= 0 else ""
        self._text, self._end = piece.text, where.char_end
        return repeated
