"""Citations of categories that a person made or changed: taken from the records that are labelled with them."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import polars as pl

from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.curation.changes import Changes
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension
from rlm_pipeline.taxonomy.exemplars import NEAREST, quote_of

_CANDIDATES = 20
"""Records looked at for `NEAREST` different ones: what many records say is cited once."""


def cited_again(
    store: DatasetStore, schema: Schema, partitions: Sequence[str], dimension: Dimension, changes: Changes
) -> Dimension:
    """The dimension, as changed, with citations of what is new in it, and without those of records that have moved.

    Raises:
        NotMaterialised: a partition has no labels yet.

    """
    new = {*changes.kept, *(each.id for each in changes.splits)}
    others = [each for each in dimension.categories if each.id not in new]
    if not new:
        return dimension
    moved = _moved(store, partitions, dimension.id, others, into=new)
    kept = {each.id: _without(each, moved.get(each.id, frozenset())) for each in others}
    bare = {each.id for each in others if each.exemplars and not kept[each.id].exemplars}
    fresh = _citations(store, schema, partitions, dimension, new | bare)
    categories = tuple(
        each.model_copy(update={"exemplars": fresh.get(each.id, ())}) if each.id in new | bare else each
        for each in (kept.get(category.id, category) for category in dimension.categories)
    )
    return dimension.model_copy(update={"categories": categories})


def _without(category: Category, moved: Collection[tuple[str, int]]) -> Category:
    kept = {
        name: tuple(each for each in getattr(category, name) if (each.source, each.row) not in moved)
        for name in ("exemplars", "border_cases")
    }
    return category.model_copy(update=kept)


def _citations(
    store: DatasetStore, schema: Schema, partitions: Sequence[str], dimension: Dimension, wanted: Collection[str]
) -> dict[str, tuple[Citation, ...]]:
    """For each category the records that are labelled with it with the most confidence, in different words."""
    own = pl.col("dimension_id") == dimension.id
    best = [
        store.scan(store.labels_path(partition), "labels", partition)
        .filter(own & pl.col("category_id").is_in(sorted(wanted)))
        .sort("confidence", "source", "row", descending=[True, False, False])
        .group_by("category_id")
        .head(_CANDIDATES)
        .select(pl.lit(partition).alias("partition"), "category_id", "confidence", "source", "row")
        for partition in partitions
    ]
    found = (
        pl.concat(best).collect(engine="streaming").sort("confidence", "source", "row", descending=[True, False, False])
    )
    cells = _cells(store, schema, found, dimension.facet)
    cited: dict[str, dict[str, Citation]] = {}
    for category, source, row in found.select("category_id", "source", "row").iter_rows():
        if (source, row) not in cells:
            continue
        line, column, cell = cells[source, row]
        quote = quote_of(cell)
        here = cited.setdefault(category, {})
        if quote.casefold() not in here and len(here) < NEAREST:
            here[quote.casefold()] = Citation(
                source=source, row=row, line=line, column=column, quote=quote, verified=True
            )
    return {category: tuple(each.values()) for category, each in cited.items()}


def _cells(
    store: DatasetStore, schema: Schema, records: pl.DataFrame, facet: str
) -> Mapping[tuple[str, int], tuple[int, str, str]]:
    """Line, column as written, and cell of each record."""
    cells: dict[tuple[str, int], tuple[int, str, str]] = {}
    for (partition,), part in records.group_by("partition", maintain_order=True):
        column = schema.written_as(facet, str(partition))
        if column is None:
            continue
        rows = (
            store.scan_records(str(partition))
            .select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), pl.col(LINE).alias("line"), cell=column)
            .join(part.lazy().select("source", "row"), on=["source", "row"], how="semi")
            .drop_nulls("cell")
            .collect(engine="streaming")
        )
        cells |= {(source, row): (line, column, cell) for source, row, line, cell in rows.iter_rows()}
    return cells


def _moved(
    store: DatasetStore,
    partitions: Sequence[str],
    dimension: str,
    categories: Iterable[Category],
    *,
    into: Collection[str],
) -> dict[str, frozenset[tuple[str, int]]]:
    """For each category its cited records that are labelled with one of the new ones."""
    rows = [
        (category.id, each.source, each.row)
        for category in categories
        for each in (*category.exemplars, *category.border_cases)
    ]
    cited = pl.DataFrame(rows, schema={"cited_for": pl.String, "source": pl.String, "row": pl.Int64}, orient="row")
    moved: dict[str, set[tuple[str, int]]] = {}
    for partition in partitions:
        labels = store.scan(store.labels_path(partition), "labels", partition)
        found = (
            labels.filter((pl.col("dimension_id") == dimension) & pl.col("category_id").is_in(sorted(into)))
            .join(cited.lazy(), on=["source", "row"])
            .select("cited_for", "source", "row")
            .collect(engine="streaming")
        )
        for category, source, row in found.iter_rows():
            moved.setdefault(category, set()).add((source, row))
    return {category: frozenset(each) for category, each in moved.items()}
