"""What became of every record and of every unit that was to be read: nothing is left out in silence."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.reading.plan import CANDIDATES, ReadingPlan
from rlm_pipeline.analysis.reading.unit import Unit
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import READ_UNIT_SCHEMA, READING_SCHEMA
from rlm_pipeline.store import DatasetStore

NOT_CONSIDERED = f"beyond the {CANDIDATES:,} distinct records of a partition that are compared"

_WORST_FIRST = ("quarantined", "unread", "read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one unit: `status` read|unread|quarantined; the call, the number in it, and why not read."""

    unit: Unit
    unit_key: str
    status: str
    call_key: str = ""
    number: int = 0
    reason: str = ""


def of_units(outcomes: Sequence[Outcome]) -> pl.DataFrame:
    """`READ_UNIT_SCHEMA`, in the order of records and parts."""
    rows = [
        {
            "unit_key": each.unit_key,
            "analyst": each.unit.analyst,
            "source": each.unit.source,
            "row": each.unit.row,
            "part": each.unit.part,
            "parts": each.unit.parts,
            "stands_for": each.unit.stands_for,
            "cluster": each.unit.cluster,
            "status": each.status,
            "call_key": each.call_key,
            "number": each.number,
            "reason": each.reason,
        }
        for each in sorted(outcomes, key=lambda one: (one.unit.place, one.unit.part))
    ]
    return pl.DataFrame(rows, schema=READ_UNIT_SCHEMA)


def of_records(plan: ReadingPlan, outcomes: Sequence[Outcome]) -> pl.DataFrame:
    """`READING_SCHEMA`, one row per stored record, in their order. A record is as good as the worst of its parts."""
    status: dict[int, tuple[int, str, str]] = {}
    for each in outcomes:
        found = (_WORST_FIRST.index(each.status), each.status, each.reason)
        status[each.unit.place] = min(status.get(each.unit.place, found), found)
    named = plan.fates.select(read_place="place", read_source="source", read_row="row")
    told = pl.DataFrame(
        [(place, said, reason) for place, (_, said, reason) in status.items()],
        schema={"read_place": pl.UInt32, "status": pl.String, "reason": pl.String},
        orient="row",
    )
    joined = plan.fates.join(named, on="read_place", how="left").join(told, on="read_place", how="left")
    return (
        joined.sort("place")
        .select(
            "source",
            "row",
            "analyst",
            fate=pl.when(pl.col("fate") == "blank")
            .then(pl.lit("blank"))
            .when(pl.col("status").is_null())
            .then(pl.lit("unread"))
            .otherwise("status"),
            read_for=pl.when(pl.col("status").is_null()).then(pl.lit("")).otherwise("fate"),
            read_source=pl.col("read_source").fill_null(""),
            read_row=pl.col("read_row").fill_null(0),
            cluster="cluster",
            reason=pl.when(pl.col("fate") == "not_considered")
            .then(pl.lit(NOT_CONSIDERED))
            .otherwise(pl.col("reason").fill_null("")),
        )
        .select(pl.col(name).cast(kind) for name, kind in READING_SCHEMA.items())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Records: read by themselves, in another that says the same, blank, not read; clusters, and those read from."""

    records: int
    read: int
    read_in_another: int
    blank: int
    unread: int
    quarantined: int
    clusters: int
    clusters_read: int


def coverage(records: pl.DataFrame) -> Coverage:
    """What a frame of `READING_SCHEMA` comes to."""
    counts = dict(records.group_by("fate").len().iter_rows())
    read = records.filter(pl.col("fate") == "read")
    by_itself = read.filter(pl.col("read_for") == "chosen").height
    return Coverage(
        records=records.height,
        read=by_itself,
        read_in_another=read.height - by_itself,
        blank=counts.get("blank", 0),
        unread=counts.get("unread", 0),
        quarantined=counts.get("quarantined", 0),
        clusters=records.drop_nulls("cluster").select("analyst", "cluster").n_unique(),
        clusters_read=read.select("analyst", "cluster").n_unique(),
    )


def read_records(store: DatasetStore, partitions: Sequence[str]) -> int:
    """Records that a model read, by themselves or in another that says the same; 0 before any reading."""
    paths = [path for path in map(store.readings_path, partitions) if path.exists()]
    if not paths:
        return 0
    read = pl.concat(pl.scan_parquet(path) for path in paths).filter(pl.col("fate") == "read")
    return int(read.select(pl.len()).collect().item())


def unaccounted(store: DatasetStore, config: DatasetConfig, partition: str) -> tuple[str, ...]:
    """What is not said about a partition's records in the stored readings; empty without a model, or if all is said.

    Raises:
        NotMaterialised: readings has not run.

    """
    if config.analysis.mode == "statistical":
        return ()
    records = store.scan(store.readings_path(partition), "readings", partition).collect()
    rows = store.manifest(partition).rows
    distinct = records.select("source", "row").n_unique()
    silent = records.filter(pl.col("fate").is_in(["unread", "quarantined"]) & (pl.col("reason") == "")).height
    problems = [
        f"{records.height:,} entries for {rows:,} records" if records.height != rows else "",
        f"{records.height - distinct:,} records are there twice" if distinct != records.height else "",
        f"{silent:,} records are not read and no reason is given" if silent else "",
    ]
    return tuple(each for each in problems if each)
