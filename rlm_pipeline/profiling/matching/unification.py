"""The columns of all partitions made one set: by a person's word, by spelling, and by name, values and place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import UNDATED
from rlm_pipeline.profiling.changes import Moves, moves
from rlm_pipeline.profiling.history import Profile
from rlm_pipeline.profiling.matching import side_by_side
from rlm_pipeline.profiling.matching.alignment import Aligned, align, in_order
from rlm_pipeline.profiling.matching.assignment import Match, Matched, match
from rlm_pipeline.profiling.matching.candidates import candidates
from rlm_pipeline.profiling.matching.renaming import given_names
from rlm_pipeline.profiling.matching.splits import Split, splits
from rlm_pipeline.profiling.matching.value_similarity import FIELDS, features
from rlm_pipeline.store import DatasetStore

_ROW = (
    "column", "kind", "records", "non_null", "distinct", "numeric", "dates", "value_counts", "counts_complete"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Unified:
    """Every column of every partition in exactly one of `columns`; partitions in order, undated records first.

    `rows` are the profiles by partition and column. `unsure` are matches left to a person, `side_by_side` columns of
    one partition that are in different files of it.
    """

    rows: Mapping[str, Mapping[str, Profile]]
    columns: tuple[Aligned, ...]
    unsure: tuple[Match, ...]
    side_by_side: tuple[Match, ...]
    splits: tuple[Split, ...]
    moves: Moves

    @property
    def partitions(self) -> tuple[str, ...]:
        """All partitions, in order."""
        return tuple(self.rows)


def unify(store: DatasetStore, config: DatasetConfig, partitions: Sequence[str]) -> Unified:
    """Read the partitions' profiles and decide which columns are one.

    Raises:
        NotMaterialised: a partition has no column profile.
        ConfigurationError: `columns: rename:` names a column that does not exist, or one name for two columns.

    """
    # Undated records come first, so that the latest partition is a year.
    ordered = sorted(partitions, key=lambda partition: (partition != UNDATED, partition))
    profiles = {partition: _profile(store, partition) for partition in ordered}
    rows = {
        partition: {row["column"]: row for row in profile.select(_ROW).iter_rows(named=True)}
        for partition, profile in profiles.items()
    }
    names = {partition: tuple(profile) for partition, profile in rows.items()}
    aligned = align(names, given_names(config, names))
    matched, beside = _matched(store, aligned, profiles, rows)
    columns = in_order(matched.columns, names)
    years = {partition: names[partition] for partition in ordered if partition != UNDATED}
    return Unified(
        rows=rows,
        columns=columns,
        unsure=matched.unsure,
        side_by_side=beside,
        splits=tuple(splits(columns, years, rows)),
        moves=_moves(columns, years),
    )


def _profile(store: DatasetStore, partition: str) -> pl.DataFrame:
    return store.scan(store.profile_path(partition), "column_profile", partition).select(FIELDS).collect()


def _matched(
    store: DatasetStore,
    aligned: tuple[Aligned, ...],
    profiles: Mapping[str, pl.DataFrame],
    rows: Mapping[str, Mapping[str, Profile]],
) -> tuple[Matched, tuple[Match, ...]]:
    names = {partition: tuple(profile) for partition, profile in rows.items()}
    partial = {partition: side_by_side.partial_columns(store, partition) for partition in names}
    open_columns = [each for each in aligned if _may_be_matched(each, rows)]
    if not open_columns and not any(partial.values()):
        return Matched(columns=aligned, unsure=()), ()
    known = features(profiles)
    found = tuple(candidates(open_columns, tuple(names), known, rows))
    matched = match(aligned, names, found) if found else Matched(columns=aligned, unsure=())
    return matched, tuple(side_by_side.found(partial, rows, known))


def _may_be_matched(column: Aligned, rows: Mapping[str, Mapping[str, Profile]]) -> bool:
    """Columns of all partitions have no counterpart left; those to be ignored show no values to match by."""
    ignored = any(rows[partition][name]["kind"] == "ignored" for partition, name in column.columns.items())
    return len(column.columns) < len(rows) and not column.apart and not ignored


def _moves(columns: Sequence[Aligned], years: Mapping[str, Sequence[str]]) -> Moves:
    index = {spelling: place for place, column in enumerate(columns) for spelling in column.columns.items()}
    orders = {year: [index[year, name] for name in names] for year, names in years.items()}
    return moves(orders, [column.name for column in columns])
