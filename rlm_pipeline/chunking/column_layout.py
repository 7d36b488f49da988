"""What the profile says about how a partition's columns are shown: which say anything, and how wide records are."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from rlm_pipeline.chunking import column_groups
from rlm_pipeline.chunking.rendering import label
from rlm_pipeline.chunking.tabular import Layout
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.store import DatasetStore

FEWEST_COLUMNS = 16
"""A table of fewer columns has long cells rather than many: its columns are not grouped."""

_UNINFORMATIVE = frozenset({"empty", "constant", "ignored"})
_READ = ("column", "kind", "records", "non_null", "distinct", "length_median")

Profile = Mapping[str, Mapping[str, Any]]


def profile_of(store: DatasetStore, config: DatasetConfig, partition: str) -> Profile:
    """The columns of a partition that are neither empty nor constant nor ignored, by name.

    Raises:
        NotMaterialised: column_profile has not run.

    """
    stored = store.scan(store.profile_path(partition), "column_profile", partition).select(_READ).collect()
    return {
        row["column"]: row
        for row in stored.iter_rows(named=True)
        if row["kind"] not in _UNINFORMATIVE and not config.columns.is_ignored(row["column"])
    }


def constants_of(store: DatasetStore, config: DatasetConfig, partition: str) -> dict[str, str]:
    """The one value of each column that has one wherever it is filled; no chunk shows it. Ignored columns are left out.

    Raises:
        NotMaterialised: column_profile has not run.

    """
    stored = store.scan(store.profile_path(partition), "column_profile", partition)
    constant = stored.filter(pl.col("kind") == "constant").select(
        "column", value=pl.col("value_counts").list.first().struct.field("value")
    )
    return {column: value for column, value in constant.collect().iter_rows() if not config.columns.is_ignored(column)}


def characters_expected(profile: Profile, columns: Sequence[str]) -> float:
    """How long a rendered record of these columns typically is, by how often they are filled and how long they are."""
    rows = [(len(label(name)) + 3, profile[name]) for name in columns]
    expected: float = sum(
        (extra + (row["length_median"] or 0)) * row["non_null"] / max(1, row["records"]) for extra, row in rows
    )
    return expected


def identifying(profile: Profile, columns: Sequence[str], config: DatasetConfig) -> tuple[str, ...]:
    """The column that identifies and the one that dates a record, where there are: as configured, else the fullest."""
    roles = config.columns
    chosen = [_one(profile, columns, roles.id, "identifier"), _one(profile, columns, roles.date, "date")]
    return tuple(label(name) for name in dict.fromkeys(chosen) if name)


def _one(profile: Profile, columns: Sequence[str], configured: str | None, kind: str) -> str:
    if configured is not None and configured in columns:
        return configured
    fitting = [name for name in columns if profile[name]["kind"] == kind]
    return max(fitting, key=lambda name: (profile[name]["non_null"], profile[name]["distinct"]), default="")


def in_groups(
    store: DatasetStore, partition: str, columns: Sequence[str], identifying: tuple[str, ...]
) -> tuple[tuple[str, ...], Layout]:
    """The columns in the order of the groups they belong to, and these.

    Raises:
        NotMaterialised: column_pairs has not run.

    """
    pairs = store.scan(store.column_pairs_path(partition), "column_pairs", partition).collect()
    groups = column_groups.found(pairs, columns)
    named = {label(name): label(group) for name, group in groups.items()}
    return tuple(groups), Layout(groups=named, identifying=identifying)
