"""The canonical schema of a dataset: which column of each partition is which, and what changed over the years."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.model import UNDATED
from rlm_pipeline.profiling.changes import Change, recodings
from rlm_pipeline.profiling.history import Profile, kind_over, retype_evidence, retypes
from rlm_pipeline.profiling.matching.alignment import SAME_NAME, Aligned, renames
from rlm_pipeline.profiling.matching.assignment import Match
from rlm_pipeline.profiling.matching.splits import Split
from rlm_pipeline.profiling.matching.unification import Unified, unify
from rlm_pipeline.profiling.pairs.lasting import LastingPair, lasting
from rlm_pipeline.profiling.questions import Unsure, asked
from rlm_pipeline.profiling.roles import Candidate, assign
from rlm_pipeline.store import DatasetStore, read_json, write_json

_SILENT = frozenset({"empty", "constant", "ignored"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalColumn:
    """One column over all partitions.

    `name` is its latest spelling; `kind` that of most records; `role` one of `id`, `date`, `text`, `ignored`, or empty.
    `columns` and `kinds` are its spelling and its kind by partition. `confidence` in 0..1 and `evidence` say why its
    spellings are one column. `added` and `dropped` are its first and last partition, where they are not the dataset's.
    `renamed` and `retyped` are (partition, from, to), at the first partition that differs. `changes` are all changes in
    the order of time, each with its evidence. Undated records have no place in time: they take no part in the last
    five.
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
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Schema:
    """All canonical columns, in the order of the latest partition's header, then of earlier ones.

    `empties` hold no value in any partition; `constants` one and the same value wherever they hold any. `pairs` are
    columns that are equal, recode or decide one another in every partition that has both. `unsure` are matches that
    were not applied, surest first; `splits` columns whose content seems to be in several of the next partition, or the
    other way round. `reordered` has for each partition how many columns moved against the others.
    """

    partitions: tuple[str, ...]
    columns: tuple[CanonicalColumn, ...]
    empties: tuple[str, ...]
    constants: tuple[str, ...]
    unsure: tuple[Unsure, ...] = ()
    splits: tuple[Split, ...] = ()
    reordered: tuple[tuple[str, int], ...] = ()
    pairs: tuple[LastingPair, ...] = ()

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
    """Match the columns of the partitions' profiles and store the result.

    Raises:
        NotMaterialised: a partition has no column profile.
        ConfigurationError: a configured column is in no partition, has two roles or is also to be ignored, or two
            columns of one partition are renamed to one name.

    """
    unified = unify(store, config, partitions)
    candidates = [_candidate(each, unified.rows) for each in unified.columns]
    roles = assign(config, candidates, partitions=len(unified.partitions))
    schema = Schema(
        partitions=unified.partitions,
        columns=tuple(
            _column(unified, place, candidate, roles.get(candidate.name, ""))
            for place, candidate in enumerate(candidates)
        ),
        empties=tuple(each.name for each in candidates if each.kind == "empty"),
        constants=tuple(each.name for each in candidates if each.kind == "constant"),
        unsure=asked(unified),
        splits=unified.splits,
        reordered=tuple(unified.moves.counts.items()),
    )
    schema = replace(schema, pairs=_pairs(store, schema))
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
                "changes": tuple(Change(**change) for change in column["changes"]),
            }
        )
        for column in content["columns"]
    ]
    return Schema(
        partitions=tuple(content["partitions"]),
        columns=tuple(columns),
        empties=tuple(content["empties"]),
        constants=tuple(content["constants"]),
        unsure=tuple(Unsure(**each) for each in content["unsure"]),
        splits=tuple(Split(**{**each, "parts": tuple(each["parts"])}) for each in content["splits"]),
        reordered=tuple((partition, count) for partition, count in content["reordered"]),
        pairs=tuple(LastingPair(**each) for each in content["pairs"]),
    )


def _candidate(aligned: Aligned, profiles: Mapping[str, Mapping[str, Profile]]) -> Candidate:
    rows = {partition: profiles[partition][column] for partition, column in aligned.columns.items()}
    return Candidate(name=aligned.name, kind=kind_over(rows), columns=aligned.columns, rows=rows)


def _column(unified: Unified, place: int, candidate: Candidate, role: str) -> CanonicalColumn:
    aligned = unified.columns[place]
    years = [partition for partition in unified.partitions if partition != UNDATED]
    dated = {partition: name for partition, name in aligned.columns.items() if partition != UNDATED}
    rows = {partition: candidate.rows[partition] for partition in dated}
    first, last = (min(dated), max(dated)) if dated else (None, None)
    column = CanonicalColumn(
        name=candidate.name,
        kind=candidate.kind,
        role=role,
        columns=aligned.columns,
        confidence=aligned.confidence,
        evidence=_evidence(aligned),
        added=first if years and first != years[0] else None,
        dropped=last if years and last != years[-1] else None,
        renamed=tuple(renames(dated)),
        retyped=tuple(retypes(rows)),
        kinds={partition: row["kind"] for partition, row in candidate.rows.items()},
    )
    found = [
        *_changes(column, aligned, unified.unsure),
        *_retypings(column, rows),
        *recodings(rows),
        *unified.moves.changes.get(place, ()),
    ]
    return replace(column, changes=tuple(sorted(found, key=lambda change: (change.partition, change.kind))))


def _changes(column: CanonicalColumn, aligned: Aligned, unsure: Sequence[Match]) -> Iterator[Change]:
    """What the column's own fields say, with its evidence; new or gone only as far as no open match explains it."""
    for partition, before, after in column.renamed:
        said = [each for each in aligned.evidence if repr(before) in each and repr(after) in each]
        evidence = "; ".join(said) or column.evidence
        yield Change(
            kind="renamed", partition=partition, before=before, after=after,
            confidence=aligned.confidence, evidence=evidence,
        )  # fmt: skip
    spellings = set(column.columns.items())
    if column.added is not None:
        name = column.columns[column.added]
        sure, evidence = _unexplained([each for each in unsure if each.later in spellings], "no earlier column")
        yield Change(kind="added", partition=column.added, before="", after=name, confidence=sure, evidence=evidence)
    if column.dropped is not None:
        name = column.columns[column.dropped]
        sure, evidence = _unexplained([each for each in unsure if each.earlier in spellings], "no later column")
        yield Change(
            kind="dropped", partition=column.dropped, before=name, after="", confidence=sure, evidence=evidence
        )


def _retypings(column: CanonicalColumn, rows: Mapping[str, Profile]) -> Iterator[Change]:
    told = retype_evidence(rows)
    for partition, before, after in column.retyped:
        sure, evidence = told[partition]
        yield Change(
            kind="retyped", partition=partition, before=before, after=after, confidence=sure, evidence=evidence
        )


def _unexplained(open_matches: Sequence[Match], otherwise: str) -> tuple[float, str]:
    best = max(open_matches, key=lambda each: each.confidence, default=None)
    if best is None:
        return 1.0, f"{otherwise} is enough like it to ask about"
    return round(1 - best.confidence, 4), f"unless {best.sentence}"


def _evidence(aligned: Aligned) -> str:
    count = len(aligned.columns)
    if aligned.confidence == SAME_NAME and not aligned.evidence:
        return f"same name in {count} partitions" if count > 1 else "in one partition only"
    return ". ".join(aligned.evidence)


def _pairs(store: DatasetStore, schema: Schema) -> tuple[LastingPair, ...]:
    telling = {
        column.name: {each: name for each, name in column.columns.items() if column.kinds[each] not in _SILENT}
        for column in schema.columns
    }
    return lasting(store, schema.partitions, telling, schema.canonical)


def _in_order(by_partition: Mapping[str, str], partitions: Sequence[str]) -> dict[str, str]:
    return {partition: by_partition[partition] for partition in partitions if partition in by_partition}
