"""Labels as a person decided: what discovery's labels become, statement by statement."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import polars as pl

from rlm_pipeline.errors import StoreError
from rlm_pipeline.model import MOVED_LABEL_SCHEMA, OTHER, ROW, SOURCE
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore, write_frame
from rlm_pipeline.taxonomy import boilerplate, labeller
from rlm_pipeline.taxonomy.answers import normal_value
from rlm_pipeline.taxonomy.curation.changes import Changes, Split
from rlm_pipeline.taxonomy.curation.pinned import Pinned
from rlm_pipeline.taxonomy.document import Dimension
from rlm_pipeline.taxonomy.labeller import Labeller
from rlm_pipeline.taxonomy.sampling import as_read, normal_form

FOUND_AS = "found_as"
"""The column that says how discovery labels a statement."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelling:
    """The changes of one dimension, ready for its statements.

    `cited` are the statements, in normal form, of the records that each split-off category is cited by. `former` are
    the classifiers that last knew each pinned category that is found no longer; `values` such values of a column.
    """

    changes: Changes = field(default_factory=Changes)
    cited: Mapping[str, frozenset[str]] = field(default_factory=dict)
    former: Mapping[str, Labeller] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def apply(self, judged: pl.DataFrame, encoder: Encoder) -> pl.DataFrame:
        """The judged statements (a row per `cell`) under the categories decided on, with what they were `FOUND_AS`."""
        judged = judged.with_columns(pl.col("category_id").alias(FOUND_AS))
        if not self.changes.moves_labels:
            return judged
        for identity, value in self.values.items():
            said = pl.Series([normal_value(cell) == value for cell in judged["cell"]], dtype=pl.Boolean)
            judged = judged.with_columns(category_id=pl.when(said).then(pl.lit(identity)).otherwise("category_id"))
        for identity, known in self.former.items():
            judged = _with_former(judged, identity, known, encoder)
        known_as = pl.col("category_id")
        renamed = {**self.changes.became, **dict.fromkeys(self.changes.forbidden, OTHER)}
        final = known_as.replace(renamed)
        for split in reversed(self.changes.splits):  # the first that takes a statement has it
            taken = known_as.is_in(split.origins) & self._rule(split)
            final = pl.when(taken).then(pl.lit(renamed.get(split.id, split.id))).otherwise(final)
        runner_up = pl.col("runner_up").replace({**renamed, **dict.fromkeys(self.changes.forbidden, None)})
        return _settled(judged.with_columns(category_id=final, runner_up=runner_up))

    def _rule(self, split: Split) -> pl.Expr:
        rules = [normal_form(pl.col("cell")).is_in(sorted(self.cited.get(split.id, frozenset())))]
        if split.decision.expression:
            rules.append(pl.col("cell").str.contains(split.decision.expression))
        return reduce(lambda one, other: one | other, rules)


UNCHANGED = Relabelling()


def prepare(
    store: DatasetStore,
    schema: Schema,
    dimension: Dimension,
    changes: Changes,
    *,
    kept: Mapping[str, Pinned],
    encoder: Encoder,
) -> Relabelling:
    """Read what the changes of a dimension need: cited statements, and classifiers of earlier discoveries."""
    former: dict[str, Labeller] = {}
    for identity in changes.kept:
        path = kept[identity].classifier
        if path is None:
            continue
        try:
            former[identity] = labeller.read(path, encoder)
        except StoreError as error:
            logger.warning("no record is labelled with the pinned category %s: %s", identity, error)
    is_text = dimension.kind == "text"
    return Relabelling(
        changes=changes,
        cited={each.id: _statements(store, schema, dimension.facet, each.decision.rows) for each in changes.splits},
        former=former,
        values={} if is_text else {identity: normal_value(each.name) for identity, each in changes.kept.items()},
    )


def write_moved(store: DatasetStore, partition: str, moved: Iterable[pl.DataFrame]) -> None:
    """Store how many records' labels were changed, and how; `moved` has a dimension_id, found_as and category_id each.

    Raises:
        StoreError: the disk is full.

    """
    path = store.moved_labels_path(partition)
    changed = pl.concat([pl.DataFrame(schema=MOVED_LABEL_SCHEMA), *moved])
    if changed.is_empty():
        path.unlink(missing_ok=True)
        return
    keys = MOVED_LABEL_SCHEMA.names()[:-1]
    write_frame(changed.group_by(keys).agg(pl.col("records").sum()).sort(keys), path)


def moved_by(answers: pl.DataFrame) -> pl.DataFrame:
    """Of labelled records those whose label was changed, counted: `MOVED_LABEL_SCHEMA`."""
    changed = answers.filter(pl.col(FOUND_AS) != pl.col("category_id"))
    counted = changed.group_by("dimension_id", FOUND_AS, "category_id").agg(pl.len().cast(pl.Int64).alias("records"))
    return counted.select(MOVED_LABEL_SCHEMA.names())


def cited_cells(store: DatasetStore, schema: Schema, facet: str, rows: Sequence[str]) -> pl.DataFrame:
    """The cited records that there are (source, row), and their `cell` of a column, null where it is empty."""
    wanted = pl.DataFrame(
        [(source, int(row)) for source, _, row in (each.rpartition(":") for each in rows)],
        schema={"source": pl.String, "row": pl.Int64},
        orient="row",
    )
    found = [pl.DataFrame(schema={**wanted.schema, "cell": pl.String})]
    for partition in store.partitions_with("raw_file", ".json") if rows else ():
        column = schema.written_as(facet, partition)
        here = {each.source for each in store.manifest(partition).sources} & set(wanted["source"])
        if column is not None and here:
            records = store.scan_records(partition).select(
                pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), as_read(pl.col(column)).alias("cell")
            )
            found.append(records.join(wanted.lazy(), on=["source", "row"], how="semi").collect(engine="streaming"))
    return pl.concat(found).unique(["source", "row"]).sort("source", "row")


def _statements(store: DatasetStore, schema: Schema, facet: str, rows: Sequence[str]) -> frozenset[str]:
    cells = cited_cells(store, schema, facet, rows).select(normal_form(pl.col("cell"))).to_series()
    return frozenset(cells.drop_nulls().to_list())


def _with_former(judged: pl.DataFrame, identity: str, known: Labeller, encoder: Encoder) -> pl.DataFrame:
    """With the statements that a former classifier gives a category: these keep its confidence."""
    removed = frozenset(known.boilerplate)
    lower = [boilerplate.without(cell, removed).lower() for cell in judged["cell"]]
    said = known.judge(lower, encoder)
    has = pl.Series((said.category == known.categories.index(identity)) & said.decided, dtype=pl.Boolean)
    runner_up = [known.categories[each] if each >= 0 else None for each in said.runner_up.tolist()]
    columns = {
        "category_id": pl.Series([identity] * len(lower), dtype=pl.String),
        "confidence": pl.Series(said.confidence, dtype=pl.Float32),
        "margin": pl.Series(said.margin, dtype=pl.Float32),
        "runner_up": pl.Series(runner_up, dtype=pl.String),
    }
    return judged.with_columns(
        pl.when(has).then(now).otherwise(pl.col(name)).alias(name) for name, now in columns.items()
    )


def _settled(judged: pl.DataFrame) -> pl.DataFrame:
    """Where category and runner-up are one now, both probabilities are its: what is left is the least the margin is."""
    one = (pl.col("runner_up") == pl.col("category_id")).fill_null(value=False)
    confidence = (2 * pl.col("confidence") - pl.col("margin")).clip(0.0, 1.0)
    return judged.with_columns(
        confidence=pl.when(one).then(confidence).otherwise("confidence").cast(pl.Float32),
        margin=pl.when(one).then((2 * confidence - 1).clip(0.0, 1.0)).otherwise("margin").cast(pl.Float32),
        runner_up=pl.when(one).then(None).otherwise("runner_up"),
    )
