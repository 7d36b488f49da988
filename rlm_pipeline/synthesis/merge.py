"""The merge of findings: batches into a partition, partitions into the whole dataset, by one function."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, islice, zip_longest
from typing import TypeVar

import pydantic

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.profiling import schema
from rlm_pipeline.store import DatasetStore, read_json, write_json
from rlm_pipeline.synthesis import addition, conflicts, gathering, themes
from rlm_pipeline.synthesis.document import Citation, ColumnFindings, MergedFindings, PairFindings

CITED = 3
"""Records cited per column and per pair in what is stored."""

_Found = TypeVar("_Found", ColumnFindings, PairFindings)


def materialise(store: DatasetStore, config: DatasetConfig, partition: str) -> MergedFindings:
    """Add up the findings of one partition's batches and store the result.

    Raises:
        NotMaterialised: findings has not run for this partition.

    """
    findings = store.scan(store.findings_path(partition), "findings", partition)
    gathered = gathering.gather(findings, dataset=config.name, partition=partition)
    merged = _trimmed(merge([gathered], dataset=config.name))
    write_json(merged.model_dump(mode="json"), store.merged_findings_path(partition))
    return merged


def merge_all(store: DatasetStore, partitions: tuple[str, ...]) -> MergedFindings:
    """Add up the stored results of all partitions and store the result.

    Columns that are one column of the schema are added up under its canonical name; without a schema, equal names are.

    Raises:
        NotMaterialised: merged_findings has not run for a partition.
        StoreError: a stored result is damaged.

    """
    parts = [load(store, partition) for partition in partitions]
    if store.schema_path.exists():
        canonical = schema.load(store).canonical
        parts = [_renamed(part, canonical) for part in parts]
    merged = _trimmed(merge(parts, dataset=store.name))
    write_json(merged.model_dump(mode="json"), store.merged_all_years_path)
    return merged


def load(store: DatasetStore, partition: str) -> MergedFindings:
    """The stored result of one partition.

    Raises:
        NotMaterialised: merged_findings has not run for it.
        StoreError: the file is damaged, or of another version of the pipeline.

    """
    path = store.existing(store.merged_findings_path(partition), "merged_findings", partition)
    try:
        return MergedFindings.model_validate(read_json(path))
    except pydantic.ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise StoreError(f"{path}: {place}: {problem['msg']}; delete it and run again") from error


def merge(parts: Sequence[MergedFindings], *, dataset: str) -> MergedFindings:
    """Add up what several parts say; of no parts, nothing.

    Every number is a sum over the parts or follows from sums, so the grouping and the order of the parts do not matter.
    Conflicts between batches are kept, those between partitions and the themes are derived anew.
    """
    columns = addition.columns(chain.from_iterable(part.columns for part in parts))
    pairs = addition.pairs(chain.from_iterable(part.pairs for part in parts))
    kept = (conflict for part in parts for conflict in part.conflicts if conflict.between == "batches")
    return MergedFindings(
        dataset=dataset,
        partitions=addition.totals(part.partitions for part in parts),
        columns=columns,
        pairs=pairs,
        themes=themes.derive(columns, pairs),
        conflicts=(*conflicts.between_partitions(columns), *conflicts.ordered(kept)),
    )


def _renamed(part: MergedFindings, canonical: Callable[[str, str], str | None]) -> MergedFindings:
    """One partition's result with its columns under their canonical names."""
    (partition,) = part.partitions or ("",)

    def name(column: str) -> str:
        return canonical(partition, column) or column

    return part.model_copy(
        update={
            "columns": tuple(column.model_copy(update={"column": name(column.column)}) for column in part.columns),
            "pairs": tuple(_renamed_pair(pair, name(pair.left), name(pair.right)) for pair in part.pairs),
            "conflicts": tuple(each.model_copy(update={"column": name(each.column)}) for each in part.conflicts),
        }
    )


def _renamed_pair(pair: PairFindings, left: str, right: str) -> PairFindings:
    if left <= right:
        return pair.model_copy(update={"left": left, "right": right})
    table = tuple(sorted((second, first, records) for first, second, records in pair.table))
    return pair.model_copy(update={"left": right, "right": left, "table": table})


def _trimmed(merged: MergedFindings) -> MergedFindings:
    return merged.model_copy(
        update={
            "columns": tuple(_cited(column) for column in merged.columns),
            "pairs": tuple(_cited(pair) for pair in merged.pairs),
        }
    )


def _cited(found: _Found) -> _Found:
    """With at most `CITED` citations, of as many partitions as there are."""
    if len(found.citations) <= CITED:
        return found
    by_partition: defaultdict[str, list[Citation]] = defaultdict(list)
    for citation in found.citations:
        by_partition[citation.partition].append(citation)
    in_turn = (citation for turn in zip_longest(*by_partition.values()) for citation in turn if citation)
    return found.model_copy(update={"citations": addition.citations(islice(in_turn, CITED))})
