"""What became of a person's decisions: the dimensions as decided, and each decision with what it came to."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import MOVED_LABEL_SCHEMA
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.curation import curated, pinned, plan
from rlm_pipeline.taxonomy.curation.changes import Changes, Fitted, leaves_below
from rlm_pipeline.taxonomy.curation.cited_again import cited_again
from rlm_pipeline.taxonomy.curation.plan import Plan
from rlm_pipeline.taxonomy.curation.relabelled import cited_cells
from rlm_pipeline.taxonomy.document import Decided, Dimension


def decided(
    store: DatasetStore,
    config: DatasetConfig,
    schema: Schema,
    partitions: Sequence[str],
    dimensions: Sequence[Dimension],
) -> tuple[tuple[Dimension, ...], Plan]:
    """The discovered dimensions as a person decided, to be counted, and what was decided.

    Raises:
        CurationError: two decisions contradict each other.
        NotMaterialised: a partition has no labels yet.

    """
    found = plan.make(dimensions, config.curation, pinned.read(store))
    made = []
    for each in dimensions:
        changes = found.of(each.id)
        changed = curated.applied(each, changes) if each.id in found.changes else each
        made.append(cited_again(store, schema, partitions, changed, changes))
    return tuple(made), found


def accounted(
    store: DatasetStore,
    schema: Schema,
    partitions: Sequence[str],
    *,
    found: Sequence[Dimension],
    counted: Sequence[Dimension],
    plan: Plan,
) -> tuple[tuple[Dimension, ...], tuple[Decided, ...]]:
    """The counted dimensions without split-off categories that no record is in, and what each decision came to.

    `found` are the dimensions as discovered, `counted` as decided.
    """
    moved = _moved(store, partitions)
    records = {each.id: each.count for dimension in counted for each in dimension.categories}
    facets = {dimension.id: dimension.facet for dimension in counted}
    as_found = {dimension.id: dimension for dimension in found}
    outcomes = []
    for each in plan.decisions:
        reason, fits = each.reason, each.fits
        if fits and each.decision.kind == "split_off":
            gone = _missing(store, schema, facets[each.dimension], each.decision.rows)
            fits = records.get(each.categories[0], 0) > 0 or each.categories[0] in plan.of(each.dimension).forbidden
            reason = _joined(reason, gone, "" if fits else f"no record of “{each.decision.origin}” is meant by it")
        if fits and each.decision.kind == "pin" and not records.get(each.categories[0]):
            reason = _joined(reason, "no record is in it now")
        about = as_found.get(each.dimension), plan.of(each.dimension)
        outcomes.append(
            Decided(
                decision=each.decision.kind,
                says=_with_names(each.decision.told, *about),
                dimension=each.dimension,
                target=each.decision.target,
                categories=each.categories if fits else (),
                note=each.decision.note,
                state="applied" if fits else "does_not_fit",
                reason=_with_names(reason, *about),
                records=_records(each, as_found, plan.of(each.dimension), records, moved) if fits else 0,
            )
        )
    published = tuple(curated.without(each, _empty(each, plan.of(each.id))) for each in counted)
    return published, tuple(outcomes)


def _with_names(said: str, dimension: Dimension | None, changes: Changes) -> str:
    """What is referred to by id, by the name that discovery gave it."""
    if dimension is None:
        return said
    names = {each.id: each.name for each in dimension.retired}
    names |= {each.id: each.name for each in (*changes.kept.values(), *dimension.categories)}
    names |= {dimension.id: dimension.name, **{each.id: each.decision.split_off for each in changes.splits}}
    for identity, name in names.items():
        said = said.replace(f"“{identity}”", f"“{name}”")
    return said


def _records(
    each: Fitted,
    found: Mapping[str, Dimension],
    changes: Changes,
    records: Mapping[str, int],
    moved: Mapping[tuple[str, str, str], int],
) -> int:
    """Records of the category; of a forbidden one those that would have been in it; of a dimension none."""
    if each.decision.kind == "forbid":
        below = {leaf for identity in each.categories for leaf in _below(found[each.dimension], identity, changes)}
        return sum(
            number
            for (dimension, found_as, category), number in moved.items()
            if dimension == each.dimension and found_as in below and category == "other"
        )
    return records.get(each.categories[0], 0) if each.categories else 0


def _below(dimension: Dimension, identity: str, changes: Changes) -> set[str]:
    members = changes.merged.get(identity, (identity,))
    splits = {origin for each in changes.splits if each.id == identity for origin in each.origins}
    return {leaf for member in members for leaf in leaves_below(dimension, member)} | splits


def _empty(dimension: Dimension, changes: Changes) -> list[str]:
    made = {each.id for each in changes.splits}
    return [each.id for each in dimension.categories if each.id in made and not each.count]


def _moved(store: DatasetStore, partitions: Iterable[str]) -> dict[tuple[str, str, str], int]:
    """Dimension, category as found and as labelled -> records."""
    paths = [path for path in map(store.moved_labels_path, partitions) if path.exists()]
    frame = pl.concat([pl.DataFrame(schema=MOVED_LABEL_SCHEMA), *map(pl.read_parquet, paths)])
    keys = MOVED_LABEL_SCHEMA.names()[:-1]
    summed = frame.group_by(keys).agg(pl.col("records").sum())
    return {(dimension, found_as, category): number for dimension, found_as, category, number in summed.iter_rows()}


def _missing(store: DatasetStore, schema: Schema, facet: str, rows: Sequence[str]) -> str:
    cells = cited_cells(store, schema, facet, rows).drop_nulls("cell")
    here = {f"{source}:{row}" for source, row in cells.select("source", "row").iter_rows()}
    gone = [each for each in rows if each not in here]
    return f"there is no such record with a text: {', '.join(gone)}" if gone else ""


def _joined(*reasons: str) -> str:
    return "; ".join(each for each in reasons if each)
