"""What code found about single records, for a model to confirm, dismiss or explain."""

from dataclasses import dataclass

import polars as pl

from rlm_pipeline.store import DatasetStore

MOST_NOTES = 5
"""Of one record; the most severe are kept."""

_ABOUT_ONE_RECORD = (
    "outlier", "anomaly", "type_inconsistency", "vulnerability", "bug", "complexity", "performance", "antipattern",
    "dead_code", "error",
)  # fmt: skip
_SEVERITIES = {"warning": 0, "notice": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A finding that cites the record, and what it quotes."""

    finding_id: str
    analyst: str
    kind: str
    scope: str
    summary: str
    severity: str
    quote: str


def of_partition(store: DatasetStore, partition: str) -> dict[tuple[str, int], tuple[Note, ...]]:
    """The notes of every record that has any, by source and row.

    Raises:
        NotMaterialised: findings has not run.

    """
    stored = store.scan(store.findings_path(partition), "findings", partition)
    wanted = stored.filter(pl.col("type").is_in(_ABOUT_ONE_RECORD))
    cited = wanted.select("finding_id", "analyst", "type", "scope", "summary", "severity", "citations").collect()
    one = cited.explode("citations").drop_nulls("citations").unnest("citations")
    ranked = one.with_columns(rank=pl.col("severity").replace_strict(_SEVERITIES, return_dtype=pl.Int64))
    found: dict[tuple[str, int], list[Note]] = {}
    for row in ranked.sort("source", "row", "rank", "type", "scope", "finding_id", "quote").iter_rows(named=True):
        of_record = found.setdefault((row["source"], row["row"]), [])
        if len(of_record) < MOST_NOTES and all(each.finding_id != row["finding_id"] for each in of_record):
            of_record.append(
                Note(
                    finding_id=row["finding_id"],
                    analyst=row["analyst"],
                    kind=row["type"],
                    scope=row["scope"],
                    summary=row["summary"],
                    severity=row["severity"],
                    quote=row["quote"],
                )
            )
    return {place: tuple(notes) for place, notes in found.items()}
