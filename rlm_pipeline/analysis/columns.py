"""Which columns of a partition each kind of finding is about, decided once from the column profile."""

import math
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import MAX_COUNTED_VALUES
from rlm_pipeline.store import DatasetStore

SAYS_NOTHING = ("empty", "constant", "ignored")
NUMERIC = ("integer", "number")

CORRELATED_COLUMNS = 100
"""Pairs are sought among this many columns, those with the highest entropy times coverage."""

CORRELATED_VALUES = 20
"""A column with more distinct values than this takes part in pairs only through its quarters, if it is numeric."""

ANCHORS = 40
"""Records are told apart by the first of this many columns that has a value."""

SHAPED_LENGTH = 40
"""Longest value, at the 95th percentile in characters, whose shape is worth looking at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quartiles:
    """The quartiles of a numeric column over the whole partition."""

    q25: float
    median: float
    q75: float

    @property
    def distinct(self) -> bool:
        """Whether the quartiles cut the values into four quarters."""
        return self.q25 < self.median < self.q75


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """A column that pairs are sought with: its values in order, or its quartiles."""

    name: str
    values: tuple[str, ...] = ()
    quartiles: Quartiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one partition, none of them ignored; every mapping is in the order of the header.

    `counted`: distinct values, most frequent first. `numeric`: quartiles, None where the profile gives none because
    most values are placeholders. `shaped`: short strings and identifiers.
    `gappy`: columns with some but not all cells empty, with their number of empty cells. `anchors`: the fullest
    informative columns, which tell a record from its neighbours.
    """

    records: int
    informative: tuple[str, ...]
    counted: dict[str, tuple[str, ...]]
    numeric: dict[str, Quartiles | None]
    shaped: tuple[str, ...]
    gappy: dict[str, int]
    anchors: tuple[str, ...]
    correlated: tuple[Correlated, ...]


def profile(store: DatasetStore, config: DatasetConfig, partition: str) -> pl.DataFrame:
    """The stored profile without ignored columns, in the order of the header.

    Raises:
        NotMaterialised: column_profile has not run.

    """
    stored = store.scan(store.profile_path(partition), "column_profile", partition).drop("outliers").collect()
    kept = [not config.columns.is_ignored(column) for column in stored.get_column("column")]
    return stored.filter(pl.Series(kept, dtype=pl.Boolean) & (pl.col("kind") != "ignored")).sort("position", "column")


def choose(profile: pl.DataFrame) -> Columns:
    """The columns each kind of finding is about."""
    informative = profile.filter(~pl.col("kind").is_in(SAYS_NOTHING))
    counted = informative.filter(pl.col("counts_complete") & (pl.col("distinct") <= MAX_COUNTED_VALUES))
    shaped = informative.filter(
        pl.col("kind").is_in(["string", "identifier"]) & (pl.col("length_p95") <= SHAPED_LENGTH)
    )
    gappy = profile.filter((pl.col("non_null") > 0) & (pl.col("non_null") < pl.col("records")))
    fullest = informative.sort("non_null", descending=True, maintain_order=True)
    return Columns(
        records=profile.get_column("records").max() or 0,  # type: ignore[arg-type]  # Int64
        informative=tuple(informative.get_column("column")),
        counted={
            column: tuple(entry["value"] for entry in counts)
            for column, counts in counted.select("column", "value_counts").iter_rows()
        },
        numeric=_quartiles(informative),
        shaped=tuple(shaped.get_column("column")),
        gappy=dict(gappy.select("column", pl.col("records") - pl.col("non_null")).iter_rows()),
        anchors=tuple(fullest.head(ANCHORS).get_column("column")),
        correlated=_correlated(informative),
    )


def _quartiles(profile: pl.DataFrame) -> dict[str, Quartiles | None]:
    numeric = profile.filter(pl.col("kind").is_in(NUMERIC) & (pl.col("numeric") > 0))
    rows = numeric.select("column", "q25", "median", "q75").iter_rows()
    return {
        column: Quartiles(q25=q25, median=median, q75=q75) if q25 is not None else None
        for column, q25, median, q75 in rows
    }


def _correlated(profile: pl.DataFrame) -> tuple[Correlated, ...]:
    """The most informative columns, in the order of the header; score = entropy in bits times coverage."""
    scored: list[tuple[float, Correlated]] = []
    quartiles = _quartiles(profile)
    for row in profile.sort("position").iter_rows(named=True):
        coverage = row["non_null"] / row["records"]
        if (
            row["counts_complete"]
            and row["distinct"] <= CORRELATED_VALUES
            and row["kind"] not in ("text", "identifier")
        ):
            counts = {entry["value"]: entry["count"] for entry in row["value_counts"]}
            column = Correlated(name=row["column"], values=tuple(counts))
            scored.append((_entropy(tuple(counts.values())) * coverage, column))
        elif (spread := quartiles.get(row["column"])) and spread.distinct:
            column = Correlated(name=row["column"], quartiles=spread)
            scored.append((2.0 * row["numeric"] / row["records"], column))
    best = sorted(range(len(scored)), key=lambda place: (-scored[place][0], place))[:CORRELATED_COLUMNS]
    return tuple(scored[place][1] for place in sorted(best))


def _entropy(counts: tuple[int, ...]) -> float:
    """Shannon entropy in bits."""
    total = sum(counts)
    return -sum(count / total * math.log2(count / total) for count in counts)
