"""Citations: which chunk shows a quoted cell, and whether record and chunk really hold the quote."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from polars import selectors

from rlm_pipeline.analysis.window import CELLS_READ
from rlm_pipeline.model import LINE, RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.sources.own_columns import VERBATIM
from rlm_pipeline.sources.redaction.texts import PLACEHOLDER
from rlm_pipeline.store import DatasetStore

ANY_COLUMN = ""
"""As the column of a citation: some cell of the record holds the quote."""

SHORTENED = (100, 40, 15, 5, 1)
"""Lengths a quote is cut to, in turn, where a record is split over chunks and no chunk holds the whole quote."""

CITATIONS_AT_ONCE = 5000
"""Chunk texts are held for this many citations at a time."""


def locate(store: DatasetStore, partition: str, chunk_ids: tuple[str, ...], cited: pl.DataFrame) -> pl.DataFrame:
    """Name the chunk that shows each quote.

    `cited` has `source`, `row`, `column`, `quote` and any other columns; `chunk_ids` are the chunks its records are in.
    Of a record split over chunks the one that shows the quote as the column's value is named, else the first that
    holds the quote anywhere. If none does, the first is named where chunks are the source as it is, which need not hold
    what the reader found out (a language, a level) or has unescaped; elsewhere the quote is cut shorter. Returns
    `cited` with `chunk_id` (String), in the same order, without the rows whose quote no chunk holds.

    Raises:
        NotMaterialised: chunks has not run.

    """
    numbered = cited.with_row_index("_place")
    candidates = _candidates(numbered, _texts(store, partition, chunk_ids))
    # Chunks show a cell as `column: value`, white space in the column's name folded.
    label = pl.col("column").str.replace_all(r"\s+", " ").str.strip_chars() + ": "
    found = [_holding(candidates, label + pl.col("quote")), _holding(candidates, pl.col("quote"))]
    candidates = candidates.join(found[-1], on="_place", how="anti")
    found.append(_first(candidates.filter("verbatim")))
    for length in SHORTENED:
        candidates = candidates.join(found[-1], on="_place", how="anti")
        if candidates.is_empty():
            break
        candidates = candidates.with_columns(pl.col("quote").str.slice(0, length).str.strip_chars())
        found.append(_holding(candidates, pl.col("quote")))
    best = pl.concat(found).unique("_place", keep="first", maintain_order=True)
    return numbered.drop("quote").join(best, on="_place").sort("_place").drop("_place")


def _candidates(cited: pl.DataFrame, chunks: pl.DataFrame) -> pl.DataFrame:
    """Each citation with every chunk that covers its record, one row per pair of them."""
    starts = chunks.select("source", "row_start").unique().sort("source", "row_start")
    keys = cited.select("_place", "source", "row", "column", "quote").sort("source", "row")
    # A chunk that starts at an earlier record may end within the one where the next chunk starts.
    nearest = pl.concat(
        keys.join_asof(
            starts,
            left_on="row",
            right_on="row_start",
            by="source",
            strategy="backward",
            coalesce=False,
            check_sortedness=False,
            allow_exact_matches=exact,
        )
        for exact in (True, False)
    ).unique()
    return nearest.join(chunks, on=["source", "row_start"]).filter(pl.col("row") <= pl.col("row_end"))


def _holding(candidates: pl.DataFrame, words: pl.Expr) -> pl.DataFrame:
    """The first chunk that holds the words of each citation: `_place`, `chunk_id`, `quote`."""
    return _first(candidates.filter(pl.col("text").str.contains(words, literal=True)))


def _first(candidates: pl.DataFrame) -> pl.DataFrame:
    first = candidates.sort("_place", "ordinal").unique("_place", keep="first", maintain_order=True)
    return first.select("_place", "chunk_id", "quote")


def _texts(store: DatasetStore, partition: str, chunk_ids: tuple[str, ...]) -> pl.DataFrame:
    chunks = store.scan(store.chunks_path(partition), "chunks", partition)
    wanted = pl.Series(chunk_ids, dtype=pl.String).implode()
    # The text of a range is as long as the range where it is the source as it is, but for placeholders.
    verbatim = (pl.col("char_end") - pl.col("char_start") == pl.col("n_chars")) | (
        pl.col("content_type").is_in(VERBATIM) & pl.col("text").str.contains(PLACEHOLDER)
    )
    columns = ("chunk_id", "ordinal", "source", "row_start", "row_end", "text", verbatim.alias("verbatim"))
    return chunks.filter(pl.col("chunk_id").is_in(wanted)).select(columns).collect()


def verify(
    store: DatasetStore, partition: str, citations: pl.DataFrame, *, start: int = 0, records: int | None = None
) -> pl.DataFrame:
    """Look every citation up in the stored records and chunks.

    `citations` has `source`, `row`, `line`, `column` (`""` for any), `chunk_id`, `quote` and any other columns; all
    its records lie among the `records` from place `start` of the partition on (by default anywhere in it). Returns
    the same rows in the same order with `verified` (Boolean): the record exists and starts on that line, the cell
    holds the quote verbatim, and the chunk covers the record and holds the quote, or is the source as it is.

    Raises:
        NotMaterialised: raw_file or chunks has not run.

    """
    asked = citations.select("source", "row", "line", "column", "chunk_id", "quote").with_row_index("_place")
    in_record = np.zeros(citations.height, dtype=np.bool_)
    in_chunk = np.zeros(citations.height, dtype=np.bool_)
    asked = asked.filter(pl.col("quote").str.len_bytes() > 0)
    for places in _in_cells(store.scan_records(partition).slice(start, records), asked):
        in_record[places] = True
    for places in _in_chunks(store, partition, asked):
        in_chunk[places] = True
    return citations.with_columns(pl.Series("verified", in_record & in_chunk, dtype=pl.Boolean))


def _in_cells(records: pl.LazyFrame, asked: pl.DataFrame) -> Iterator[np.ndarray]:
    """Places of citations whose record exists, starts on the line, and holds the quote in the column."""
    schema = records.collect_schema()
    if SOURCE not in schema or asked.is_empty():
        return
    identity = records.select(RECORD_IDENTITY).with_row_index("record").collect()
    found = asked.join(identity, left_on=["source", "row", "line"], right_on=[SOURCE, ROW, LINE])
    columns = [column for column in schema if column not in RECORD_IDENTITY]
    anywhere = found.filter(pl.col("column") == ANY_COLUMN)
    named = found.filter(pl.col("column") != ANY_COLUMN).partition_by("column", as_dict=True)
    wanted = columns if anywhere.height else [column for column in columns if (column,) in named]
    size = max(1, CELLS_READ // max(1, identity.height))
    for first in range(0, len(wanted), size):
        cells = records.select(selectors.by_name(*wanted[first : first + size])).collect()
        for column in cells.iter_columns():
            for sought in (anywhere, named.get((column.name,))):
                if sought is not None and sought.height:
                    cell = column.gather(sought.get_column("record")).alias("cell")
                    yield _where_held(sought.with_columns(cell), "cell")


def _in_chunks(store: DatasetStore, partition: str, asked: pl.DataFrame) -> Iterator[np.ndarray]:
    """Places of citations whose chunk covers the record and holds the quote."""
    for first in range(0, asked.height, CITATIONS_AT_ONCE):
        part = asked.slice(first, CITATIONS_AT_ONCE)
        chunks = _texts(store, partition, tuple(part.get_column("chunk_id").unique()))
        shown = part.join(chunks, on=["chunk_id", "source"])
        covering = shown.filter(pl.col("row").is_between("row_start", "row_end"))
        yield _where_held(covering.filter(~pl.col("verbatim")), "text")
        yield covering.filter("verbatim")["_place"].to_numpy()


def _where_held(sought: pl.DataFrame, text: str) -> np.ndarray:
    held = sought.select(pl.col(text).str.contains(pl.col("quote"), literal=True).fill_null(value=False)).to_series()
    return sought.get_column("_place").filter(held).to_numpy()
