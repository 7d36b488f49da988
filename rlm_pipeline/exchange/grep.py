"""A regular expression looked for in every record, with the exact place of what matches."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.exchange import chunk_tables, regex, shown_records
from rlm_pipeline.exchange.shown_records import ShownRecord
from rlm_pipeline.store import DatasetStore

_CHARACTERS_AT_ONCE = 8_000_000
_RECORDS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where the expression matches.

    `line` and characters `char_start` to `char_end` of the source are the match's own where the record is shown
    `verbatim`, else those of the record it was rendered from. `offset` is in the record as it is shown. `chunk_id` is
    the chunk that the match begins in; empty before there are chunks.
    """

    source: str
    row: int
    line: int
    char_start: int
    char_end: int
    verbatim: bool
    partition: str
    offset: int
    matched: str
    snippet: str
    chunk_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The first matches in the order of the dataset, and how many there are in how many records."""

    total: int
    records: int
    matches: tuple[Match, ...]


def grep(
    store: DatasetStore,
    config: DatasetConfig,
    expression: str,
    *,
    partitions: Sequence[str] = (),
    sources: Collection[str] = (),
    most: int = 20,
    window: int = 120,
) -> Matches:
    """Look for an expression of `regex.compiled` in all records of some partitions and sources (none named: all).

    Records are searched whole, so a match is found once whatever they were cut into; it never spans two of them.
    Snippets have `window` characters before and behind.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.
        QueryError: there is no such partition or source.

    """
    total = matching = 0
    shown: list[tuple[ShownRecord, regex.Found]] = []
    for batch in _batches(shown_records.stream(store, config, partitions=partitions, sources=sources)):
        counts = pl.Series([record.text for record in batch], dtype=pl.String).str.count_matches(expression)
        total += int(counts.sum())
        matching += int((counts > 0).sum())
        for place in (counts > 0).arg_true() if len(shown) < most else ():
            record = batch[place]
            found = regex.find_all(expression, record.text, most=most - len(shown), window=window)
            shown += [(record, each) for each in found]
    return Matches(
        total=total, records=matching, matches=tuple(_match(store, record, found) for record, found in shown)
    )


def _batches(records: Iterator[ShownRecord]) -> Iterator[list[ShownRecord]]:
    batch: list[ShownRecord] = []
    held = 0
    for record in records:
        batch.append(record)
        held += len(record.text)
        if held >= _CHARACTERS_AT_ONCE or len(batch) >= _RECORDS_AT_ONCE:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _match(store: DatasetStore, record: ShownRecord, found: regex.Found) -> Match:
    start, end, line = record.char_start, record.char_end, record.line
    if record.verbatim:
        start, end = start + found.start, start + found.end
        line += record.text.count("\n", 0, found.start)
    return Match(
        source=record.source,
        row=record.row,
        line=line,
        char_start=start,
        char_end=end,
        verbatim=record.verbatim,
        partition=record.partition,
        offset=found.start,
        matched=found.matched,
        snippet=found.snippet,
        chunk_id=_chunk_of(store, record, found, start),
    )


def _chunk_of(store: DatasetStore, record: ShownRecord, found: regex.Found, start: int) -> str:
    if not store.chunks_path(record.partition).exists():
        return ""
    chunks = chunk_tables.scan(store, (record.partition,)).filter(
        (pl.col("source") == record.source) & pl.lit(record.row).is_between("row_start", "row_end")
    )
    if record.verbatim:
        chunks = chunks.filter((pl.col("char_start") <= start) & (pl.col("char_end") > start))
    held = chunks.select("chunk_id", "text").collect()
    # A record that is rendered and cut has several: the match is in one, or begins in one and ends in the next.
    for chunk_id, text in held.iter_rows():
        if found.matched in text:
            return str(chunk_id)
    return str(held["chunk_id"][0]) if held.height else ""
