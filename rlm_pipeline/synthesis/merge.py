"""The merge of findings: batches into a partition, partitions into the whole dataset, by one function."""

from collections.abc import Callable, Sequence
from itertools import chain

import polars as pl
import pydantic

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.profiling import schema
from rlm_pipeline.store import DatasetStore, read_json, write_json
from rlm_pipeline.synthesis import (
    addition,
    bounds,
    conflicts,
    contradictions,
    gathering,
    narrating,
    ranking,
    readings,
    repetitions,
    scope_themes,
    specialists,
    themes,
)
from rlm_pipeline.synthesis.document import MergedFindings, PairFindings


def materialise(
    store: DatasetStore, config: DatasetConfig, partition: str, *, ledger: Ledger | None = None
) -> MergedFindings:
    """Add up the findings of one partition's batches and readings, and store the result.

    With a ledger and `mode: model` the synthesiser gives its account of them.

    Raises:
        NotMaterialised: findings has not run for this partition.
        ModelError: the synthesiser's server cannot be used.

    """
    findings = store.scan(store.findings_path(partition), "findings", partition)
    if store.read_findings_path(partition).exists():
        findings = pl.concat([findings, pl.scan_parquet(store.read_findings_path(partition))])
    gathered = gathering.gather(findings, dataset=config.name, partition=partition)
    merged = bounds.cited(merge([gathered], dataset=config.name))
    merged = _narrated(merged, config, partition, ledger)
    write_json(merged.model_dump(mode="json"), store.merged_findings_path(partition))
    return merged


def merge_all(
    store: DatasetStore,
    partitions: tuple[str, ...],
    *,
    config: DatasetConfig | None = None,
    ledger: Ledger | None = None,
) -> MergedFindings:
    """Add up the stored results of all partitions and store the result, see `of_partitions` and `materialise`.

    Raises:
        NotMaterialised: merged_findings has not run for a partition.
        StoreError: a stored result is damaged.
        ModelError: the synthesiser's server cannot be used.

    """
    merged = bounds.counted(bounds.cited(of_partitions(store, partitions)))
    if config is not None:
        merged = _narrated(merged, config, narrating.EVERY_PARTITION, ledger)
    write_json(merged.model_dump(mode="json"), store.merged_all_years_path)
    return merged


def of_partitions(store: DatasetStore, partitions: tuple[str, ...]) -> MergedFindings:
    """The stored results of some partitions, added up with every value.

    Columns that are one column of the schema are added up under its canonical name; without a schema, equal names are.

    Raises:
        NotMaterialised: merged_findings has not run for a partition.
        StoreError: a stored result is damaged.

    """
    parts = [load(store, partition) for partition in partitions]
    if store.schema_path.exists():
        canonical = schema.load(store).canonical
        parts = [_renamed(part, canonical) for part in parts]
    return merge(parts, dataset=store.name)


def _narrated(merged: MergedFindings, config: DatasetConfig, partition: str, ledger: Ledger | None) -> MergedFindings:
    if ledger is None:
        return merged
    return merged.model_copy(update={"narrative": narrating.narrate(merged, config, partition, ledger=ledger)})


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
    Conflicts between batches are kept; what else is derived (conflicts, themes, repetitions, the top) is derived anew.

    Raises:
        InvariantError: a part is a stored result over all partitions, which no longer has every value.

    """
    kept = (conflict for part in parts for conflict in part.conflicts if conflict.between == "batches")
    columns = addition.columns(chain.from_iterable(part.columns for part in parts))
    counted = specialists.added(chain.from_iterable(part.specialists for part in parts))
    said = readings.added(chain.from_iterable(part.readings for part in parts))
    summed = MergedFindings(
        dataset=dataset,
        partitions=addition.totals(part.partitions for part in parts),
        columns=columns,
        pairs=addition.pairs(chain.from_iterable(part.pairs for part in parts)),
        specialists=counted,
        readings=said,
        repetitions=repetitions.derive(said),
        themes=(),
        conflicts=conflicts.ordered(kept),
    )
    return _derived(summed)


def _derived(summed: MergedFindings) -> MergedFindings:
    """With what follows from the sums."""
    found = summed.model_copy(
        update={
            "themes": themes.ranked(
                (
                    *themes.derive(summed.columns, summed.pairs),
                    *scope_themes.of_specialists(summed.specialists),
                    *scope_themes.of_readings(summed.readings, summed.repetitions),
                )
            ),
            "conflicts": (
                *conflicts.between_partitions(summed.columns),
                *conflicts.of_specialists(summed.specialists),
                *contradictions.find(summed.readings, summed.repetitions, summed.specialists, summed.columns),
                *summed.conflicts,
            ),
        }
    )
    return found.model_copy(update={"top": ranking.rank(found)[: ranking.MOST_TOP]})


def _renamed(part: MergedFindings, canonical: Callable[[str, str], str | None]) -> MergedFindings:
    """One partition's result with its columns under their canonical names."""
    (partition,) = part.partitions or ("",)

    def name(column: str) -> str:
        return canonical(partition, column) or column

    return part.model_copy(
        update={
            "columns": tuple(column.model_copy(update={"column": name(column.column)}) for column in part.columns),
            "pairs": tuple(_renamed_pair(pair, name(pair.left), name(pair.right)) for pair in part.pairs),
            "readings": tuple(
                readings.at_scope(each, name(each.scope)) if each.analyst == "data" else each for each in part.readings
            ),
            "conflicts": tuple(each.model_copy(update={"scope": name(each.scope)}) for each in part.conflicts),
        }
    )


def _renamed_pair(pair: PairFindings, left: str, right: str) -> PairFindings:
    if left <= right:
        return pair.model_copy(update={"left": left, "right": right})
    table = tuple(sorted((second, first, records) for first, second, records in pair.table))
    return pair.model_copy(update={"left": right, "right": left, "table": table})
