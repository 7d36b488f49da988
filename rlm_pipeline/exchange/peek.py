"""Some records of a source as a reader sees them: by number, by line, or by the characters they are at."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import shown_records
from rlm_pipeline.exchange.shown_records import ShownRecord
from rlm_pipeline.store import DatasetStore

CHARACTERS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which records: the one with a number, the one that a line belongs to, or those at characters of the source.

    With none of them given, those at the first 3,000 characters.
    """

    row: int | None = None
    line: int | None = None
    start: int | None = None
    end: int | None = None

    @property
    def by_characters(self) -> bool:
        """Whether neither a record nor a line is asked for."""
        return self.row is None and self.line is None

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            QueryError: both a record and a line, or one of them and characters.

        """
        if self.row is not None and self.line is not None:
            raise QueryError("--row and --line contradict each other; give one of them")
        if not self.by_characters and (self.start is not None or self.end is not None):
            raise QueryError("--start and --end say which records; leave out --row and --line")

    def characters(self) -> tuple[int, int]:
        """The half-open range of characters.

        Raises:
            QueryError: it is none.

        """
        start = self.start or 0
        end = start + CHARACTERS if self.end is None else self.end
        if start < 0 or end < start:
            raise QueryError(f"characters {start} to {end} are no range; give 0 <= --start <= --end")
        return start, end


def peek(
    store: DatasetStore, config: DatasetConfig, source: str, where: Where, *, partitions: Sequence[str] = ()
) -> tuple[ShownRecord, ...]:
    """The records of a source that are there; of one shown verbatim only the characters asked for.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.
        QueryError: there is no such source, no such record or line, or the range is none.

    """
    where.check()
    found: list[ShownRecord] = []
    for partition, read in shown_records.sources_read(store, partitions, [source]).items():
        for each in read:
            extents = chosen_extents(store, partition, each.source, where).collect()
            found += shown_records.some(store, config, partition, each, extents)
    if not found and (not where.by_characters or where.start):
        raise _absent(store, source, where)
    return tuple(_cut(each, *where.characters()) if where.by_characters else each for each in found)


def chosen_extents(store: DatasetStore, partition: str, source: str, where: Where) -> pl.LazyFrame:
    """The rows of `EXTENT_SCHEMA` that are asked for.

    Raises:
        QueryError: the range of characters is none.
        NotMaterialised: raw_file has not run.

    """
    extents = store.scan(store.extents_path(partition), "raw_file", partition).filter(pl.col("source") == source)
    if where.row is not None:
        return extents.filter(pl.col("row") == where.row)
    if where.line is not None:
        last = extents.filter(pl.col("line") <= where.line).select(pl.col("line").max()).collect().item()
        return extents.filter(pl.col("line") == (0 if last is None else last))
    start, end = where.characters()
    return extents.filter((pl.col("char_start") < end) & (pl.col("char_end") > start))


def _cut(record: ShownRecord, start: int, end: int) -> ShownRecord:
    """Of a verbatim record the characters asked for; where they are in bytes is then not known from its own."""
    if not record.verbatim or (start <= record.char_start and record.char_end <= end):
        return record
    first, last = max(start, record.char_start), min(end, record.char_end)
    inside = slice(first - record.char_start, last - record.char_start)
    before = record.text[: inside.start]
    return ShownRecord(
        partition=record.partition,
        source=record.source,
        row=record.row,
        line=record.line + before.count("\n"),
        char_start=first,
        char_end=last,
        byte_start=record.byte_start,
        byte_end=record.byte_end,
        verbatim=True,
        place=record.place,
        text=record.text[inside],
    )


def _absent(store: DatasetStore, source: str, where: Where) -> QueryError:
    what = f"line {where.line}" if where.row is None else f"record {where.row}"
    if where.by_characters:
        what = f"character {where.start}"
    return QueryError(f"{source} of {store.name} has no {what} that is stored; `rlm status --files` tells what it has")
