"""Citations proven against the records: the row exists, and the quote stands in the named column's cell, verbatim."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl
from polars import selectors

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.document import Citation

logger = logging.getLogger(__name__)

_WANTED_SCHEMA = pl.Schema(
    {
        "number": pl.Int64,
        "source": pl.String,
        "row": pl.Int64,
        "line": pl.Int64,
        "column": pl.String,
        "quote": pl.String,
    }
)


def verify(
    citations: Iterable[Citation],
    *,
    store: DatasetStore,
    config: DatasetConfig,
    schema: Schema,
    partitions: Iterable[str],
) -> dict[Citation, Citation]:
    """Each distinct citation, and the same marked as verified.

    A citation's column is the canonical one, or its name in that partition's records.

    Raises:
        InvariantError: a citation's row, line or quote is not in the records, or its column is to be ignored; the
            citation is named. Nothing unverified is ever published.

    """
    distinct = sorted(set(citations), key=lambda c: (c.source, c.row, c.line, c.column, c.quote, c.verified))
    rows = [(number, c.source, c.row, c.line, c.column, c.quote) for number, c in enumerate(distinct)]
    wanted = pl.DataFrame(rows, schema=_WANTED_SCHEMA, orient="row").filter(pl.col("quote") != "")
    proven: set[int] = set()
    for partition in partitions:
        held: dict[Path, list[str]] = {}
        for source in store.manifest(partition).sources:
            held.setdefault(store.records_folder(partition) / source.records_file, []).append(source.source)
        for path, sources in held.items():
            here = wanted.filter(pl.col("source").is_in(sources))
            if here.height:
                proven |= _proven(path, here, _cells(path, here, partition, config=config, schema=schema))
    if missing := [citation for number, citation in enumerate(distinct) if number not in proven]:
        first = missing[0]
        raise InvariantError(
            f"{len(missing)} of {len(distinct)} citations are not in the records; first: {first.source}:{first.row} "
            f"(line {first.line}), column {first.column!r}, quote {first.quote!r}"
        )
    logger.info("verified %d distinct citations against the records", len(distinct))
    return {citation: citation.model_copy(update={"verified": True}) for citation in distinct}


def _cells(
    path: Path, wanted: pl.DataFrame, partition: str, *, config: DatasetConfig, schema: Schema
) -> Mapping[str, tuple[str, ...]]:
    """For each cited column, the columns of this file it may mean; none for a column that is to be ignored."""
    present = set(pl.read_parquet_schema(path))
    meant: dict[str, tuple[str, ...]] = {}
    for column in wanted["column"].unique().sort():
        names = {column, schema.written_as(column, partition) or column} & present
        meant[column] = tuple(sorted(name for name in names if not config.columns.is_ignored(name)))
        if config.columns.is_ignored(column):
            meant[column] = ()
    return meant


def _proven(path: Path, wanted: pl.DataFrame, cells: Mapping[str, tuple[str, ...]]) -> set[int]:
    columns = sorted({name for names in cells.values() for name in names})
    if not columns:
        return set()
    rows = (
        pl.scan_parquet(path)
        .filter(pl.col(ROW).is_in(wanted["row"].unique().to_list()))
        .select(selectors.by_name(SOURCE, ROW, LINE, *columns))
        .collect(engine="streaming")
    )
    proven: set[int] = set()
    for column, names in cells.items():
        cited = wanted.filter(pl.col("column") == column)
        for name in names:
            cell = pl.DataFrame({"source": rows[SOURCE], "row": rows[ROW], "line": rows[LINE], "cell": rows[name]})
            stands = pl.col("cell").str.contains(pl.col("quote"), literal=True)
            found = cited.join(cell, on=["source", "row", "line"]).filter(stands)
            proven |= set(found["number"])
    return proven
