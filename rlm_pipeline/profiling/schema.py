"""The canonical schema of a dataset: which column of each partition is which, and what changed over the years."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.model import UNDATED
from rlm_pipeline.profiling.alignment import SAME_NAME, Aligned, align, renames
from rlm_pipeline.profiling.history import Profile, kind_over, retypes
from rlm_pipeline.profiling.roles import Candidate, assign
from rlm_pipeline.store import DatasetStore, read_json, write_json

_PROFILE = (
    "column", "kind", "records", "non_null", "distinct", "numeric", "dates", "value_counts", "counts_complete"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalColumn:
    """One column over all partitions.

    `name` is its latest spelling; `kind` that of most records; `role` one of `id`, `date`, `text`, `ignored`, or empty.
    `columns` and `kinds` are its spelling and its kind by partition. `confidence` in 0..1 and `evidence` say why its
    spellings are one column. `added` and `dropped` are its first and last partition, where they are not the dataset's.
    `renamed` and `retyped` are (partition, from, to), at the first partition that differs. Undated records have no
    place in time: they take no part in the last four.
    """

    name: str
    kind: str
    role: str
    columns: dict[str, str]
    confidence: float
    evidence: str
    added: str | None
    dropped: str | None
    renamed: tuple[tuple[str, str, str], ...]
    retyped: tuple[tuple[str, str, str], ...]
    kinds: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Schema:
    """All canonical columns, in the order of the latest partition's header, then of earlier ones.

    `empties` hold no value in any partition; `constants` one and the same value wherever they hold any.
    `duplicate_candidates` are columns whose values occur equally often in every partition: they may carry the same
    information, but equal counts do not prove equal records.
    """

    partitions: tuple[str, ...]
    columns: tuple[CanonicalColumn, ...]
    empties: tuple[str, ...]
    constants: tuple[str, ...]
    duplicate_candidates: tuple[tuple[str, ...], ...]

    @cached_property
    def text_columns(self) -> tuple[CanonicalColumn, ...]:
        """The columns of free text, in the schema's order."""
        return tuple(column for column in self.columns if column.role == "text")

    def column(self, name: str) -> CanonicalColumn:
        """The column with this canonical name.

        Raises:
            QueryError: there is none.

        """
        if name not in self._by_name:
            close = difflib.get_close_matches(name, self._by_name, n=3)
            hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "`rlm schema` lists the columns"
            raise QueryError(f"no column {name!r}; {hint}")
        return self._by_name[name]

    def written_as(self, name: str, partition: str) -> str | None:
        """How the records of a partition spell a canonical column; None where they do not have it."""
        column = self._by_name.get(name)
        return column.columns.get(partition) if column else None

    def canonical(self, partition: str, column: str) -> str | None:
        """The canonical name of a column as spelled in a partition's records."""
        return self._by_spelling.get((partition, column))

    @cached_property
    def _by_name(self) -> dict[str, CanonicalColumn]:
        return {column.name: column for column in self.columns}

    @cached_property
    def _by_spelling(self) -> dict[tuple[str, str], str]:
        return {spelling: column.name for column in self.columns for spelling in column.columns.items()}


def materialise(store: DatasetStore, config: DatasetConfig, partitions: tuple[str, ...]) -> Schema:
    """Align the columns of the partitions' profiles and store the result.

    Raises:
        NotMaterialised: a partition has no column profile.
        ConfigurationError: a configured column is in no partition, has two roles, or is also to be ignored.

    """
    # Undated records come first, so that the latest partition is a year.
    ordered = sorted(partitions, key=lambda partition: (partition != UNDATED, partition))
    profiles = {partition: _profile(store, partition) for partition in ordered}
    aligned = align({partition: tuple(profile) for partition, profile in profiles.items()})
    candidates = [_candidate(each, profiles) for each in aligned]
    roles = assign(config, candidates, partitions=len(ordered))
    columns = [
        _column(candidate, each, roles.get(candidate.name, ""), ordered)
        for candidate, each in zip(candidates, aligned, strict=True)
    ]
    schema = Schema(
        partitions=tuple(ordered),
        columns=tuple(columns),
        empties=tuple(each.name for each in candidates if each.kind == "empty"),
        constants=tuple(each.name for each in candidates if each.kind == "constant"),
        duplicate_candidates=_equal_counts(candidates),
    )
    write_json(asdict(schema), store.schema_path)
    return schema


def load(store: DatasetStore) -> Schema:
    """The stored schema.

    Raises:
        NotMaterialised: the schema stage has not run.
        StoreError: the file is damaged.

    """
    content = read_json(store.existing(store.schema_path, "schema", None))
    columns = [
        CanonicalColumn(
            **{
                **column,
                "columns": _in_order(column["columns"], content["partitions"]),
                "kinds": _in_order(column["kinds"], content["partitions"]),
                "renamed": tuple(tuple(change) for change in column["renamed"]),
                "retyped": tuple(tuple(change) for change in column["retyped"]),
            }
        )
        for column in content["columns"]
    ]
    return Schema(
        partitions=tuple(content["partitions"]),
        columns=tuple(columns),
        empties=tuple(content["empties"]),
        constants=tuple(content["constants"]),
        duplicate_candidates=tuple(tuple(group) for group in content["duplicate_candidates"]),
    )


def _profile(store: DatasetStore, partition: str) -> dict[str, Profile]:
    profile = store.scan(store.profile_path(partition), "column_profile", partition).select(_PROFILE).collect()
    return {row["column"]: row for row in profile.iter_rows(named=True)}


def _candidate(aligned: Aligned, profiles: Mapping[str, Mapping[str, Profile]]) -> Candidate:
    rows = {partition: profiles[partition][column] for partition, column in aligned.columns.items()}
    # No other column has this spelling in any partition: exact names are aligned before all others.
    name = list(aligned.columns.values())[-1]
    return Candidate(name=name, kind=kind_over(rows), columns=aligned.columns, rows=rows)


def _column(candidate: Candidate, aligned: Aligned, role: str, partitions: Sequence[str]) -> CanonicalColumn:
    years = [partition for partition in partitions if partition != UNDATED]
    dated = {partition: name for partition, name in aligned.columns.items() if partition != UNDATED}
    first, last = (min(dated), max(dated)) if dated else (None, None)
    return CanonicalColumn(
        name=candidate.name,
        kind=candidate.kind,
        role=role,
        columns=aligned.columns,
        confidence=aligned.confidence,
        evidence=_evidence(aligned),
        added=first if years and first != years[0] else None,
        dropped=last if years and last != years[-1] else None,
        renamed=tuple(renames(dated)),
        retyped=tuple(retypes({partition: candidate.rows[partition] for partition in dated})),
        kinds={partition: row["kind"] for partition, row in candidate.rows.items()},
    )


def _evidence(aligned: Aligned) -> str:
    count = len(aligned.columns)
    if aligned.confidence == SAME_NAME:
        return f"same name in {count} partitions" if count > 1 else "in one partition only"
    spellings = dict.fromkeys(aligned.columns.values())
    return f"same name but for case, accents, spaces or punctuation: {', '.join(map(repr, spellings))}"


def _equal_counts(candidates: Sequence[Candidate]) -> tuple[tuple[str, ...], ...]:
    groups: dict[tuple[Any, ...], list[str]] = {}
    for each in candidates:
        rows = each.rows
        if each.kind in {"empty", "constant", "ignored"} or not all(row["counts_complete"] for row in rows.values()):
            continue
        counts = tuple(
            (partition, *((pair["value"], pair["count"]) for pair in row["value_counts"]))
            for partition, row in rows.items()
        )
        groups.setdefault(counts, []).append(each.name)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


def _in_order(by_partition: Mapping[str, str], partitions: Sequence[str]) -> dict[str, str]:
    return {partition: by_partition[partition] for partition in partitions if partition in by_partition}
