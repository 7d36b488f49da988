"""Figures of one finished run of a data set against its truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rlm_pipeline.evaluation.metrics import Counts, agreement
from rlm_pipeline.evaluation.trees import Membership, ancestors, tree_agreement
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.store import DatasetStore, read_json
from rlm_pipeline.taxonomy.document import Dimension, DimensionSet
from tests.benchmarks.discovery_sets import Known, LabelledSet, membership

Figures = dict[str, Any]

GOOD_JACCARD = 0.5


def scored(store: DatasetStore, chosen: LabelledSet, known: Known | None) -> Figures:
    """Figures of all text dimensions of the facet, in the order they are stored in: the first is the main one."""
    found = DimensionSet.model_validate(read_json(store.dimensions_path))
    views = [each for each in found.dimensions if each.kind == "text" and chosen.is_of(each.facet)]
    labels = pl.concat(
        store.scan(store.labels_path(partition), "labels", partition).collect()
        for partition in store.partitions_with("labels")
    )
    return {
        "cost": read_json(store.folder / "cost.json"),
        "text_dimensions_published": sum(each.kind == "text" and each.gate == "passed" for each in found.dimensions),
        "left_out": found.left_out,
        **({"known": dict(zip(known.levels, known.shape, strict=True))} if known else {}),
        "dimensions": [_dimension(each, labels, known) for each in views],
    }


def _dimension(dimension: Dimension, labels: pl.DataFrame, known: Known | None) -> Figures:
    parents = {category.parent for category in dimension.categories} - {None}
    leaves = [category for category in dimension.categories if category.id not in parents]
    figures: Figures = {
        "id": dimension.id,
        "name": dimension.name,
        "gate": dimension.gate,
        "reason": dimension.gate_reason,
        "sampled": dimension.sampled_statements,
        "distinct": dimension.distinct_statements,
        "levels": [level.model_dump() for level in dimension.levels],
        "k": len(leaves),
        "parents": len(parents),
        "names": [leaf.name for leaf in leaves],
    }
    if dimension.gate != "passed":
        return figures
    own = labels.filter(pl.col("dimension_id") == dimension.id)
    counts = dict(own.group_by("category_id").len().iter_rows())
    figures["shares"] = {label: counts.get(label, 0) / own.height for label in (OTHER, BLANK)}
    if known is None:
        return figures
    frame = known.records.join(own.select("source", "row", label="category_id"), on=["source", "row"], how="inner")
    frame = frame.filter(pl.col("label") != BLANK)
    parent_of = {leaf.id: leaf.parent or leaf.id for leaf in leaves}
    upper = frame["label"].replace(parent_of)
    figures["agreement"] = {
        level: {
            "leaf": agreement_of(frame[level], frame["label"]),
            "upper": agreement_of(frame[level], upper),
        }
        for level in known.levels
    }
    _, inside = membership(frame["groups"].to_list())
    figures["tree"] = tree_of(inside, ancestors(frame["label"].to_list(), dimension.categories))
    figures["quality"] = {level: _quality(dimension, frame, level) for level in known.levels}
    return figures


def of_baselines(folder: Path, seed: int, name: str, known: Known) -> Figures:
    """Figures of what discovery_baselines wrote, of those methods that it ran."""
    figures: Figures = {}
    paths = {method: folder / method / f"seed{seed}" / f"{name}.parquet" for method in ("bertopic", "ward")}
    if paths["bertopic"].exists():
        frame = known.records.join(pl.read_parquet(paths["bertopic"]), on=["source", "row"], how="inner")
        for method in ("bertopic", "bertopic_reassigned"):
            topics = frame[method].filter(frame[method] >= 0)
            figures[method] = {
                "k": topics.n_unique(),
                "noise": 1 - topics.len() / frame.height,
                "agreement": {level: agreement_of(frame[level], frame[method]) for level in known.levels},
                "upper": agreement_of(frame[known.levels[0]], frame["bertopic_upper"]),
            }
    if paths["ward"].exists():
        frame = known.records.join(pl.read_parquet(paths["ward"]), on=["source", "row"], how="inner")
        _, inside = membership(frame["groups"].to_list())
        ways = {column.rsplit(":", 1)[0] for column in frame.columns if column.count(":") == 2}
        figures["ward"] = {way: tree_of(inside, _nested(frame, way)) for way in sorted(ways)}
    return figures


def _nested(frame: pl.DataFrame, way: str) -> Membership:
    """Which record is in which category of a tree's cuts; a category that is the same at two levels counts once."""
    cuts = [frame[column].cast(pl.String) for column in frame.columns if column.startswith(f"{way}:")]
    named = [[f"{level}: {label}" for label in cut] for level, cut in enumerate(cuts)]
    _, inside = membership(list(zip(*named, strict=True)))
    return np.unique(inside, axis=1)


def agreement_of(known: pl.Series, found: pl.Series) -> Figures:
    """AMI, ARI and matched accuracy over the records with a truth."""
    table = table_of(known, found)
    figures = agreement(table, resamples=1)
    return {
        "records": figures.records,
        "known": figures.known_categories,
        "found": figures.found_categories,
        "ami": figures.ami.value,
        "ari": figures.ari.value,
        "matched_accuracy": figures.matched_accuracy.value,
    }


def table_of(known: pl.Series, found: pl.Series) -> Counts:
    """Records by known (rows) and found category (columns), those without a known one left out."""
    pairs = pl.DataFrame({"known": known, "found": found}).drop_nulls("known")
    rows = np.unique(pairs["known"].to_numpy(), return_inverse=True)[1]
    columns = np.unique(pairs["found"].to_numpy(), return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1), dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return table


def tree_of(known: Membership, found: Membership) -> Figures:
    """Ancestor F1 of records (rows of both) in known and found categories."""
    rows, row_of = np.unique(known, axis=0, return_inverse=True)
    columns, column_of = np.unique(found, axis=0, return_inverse=True)
    table = np.zeros((len(rows), len(columns)), dtype=np.int64)
    np.add.at(table, (row_of, column_of), 1)
    figures = tree_agreement(table, rows, columns)
    return {
        "precision": figures.precision.value,
        "recall": figures.recall.value,
        "f1": figures.f1.value,
        "low": figures.f1.low,
        "high": figures.f1.high,
        "known": figures.known_categories,
        "found": figures.found_categories,
    }


def _quality(dimension: Dimension, frame: pl.DataFrame, level: str) -> Figures:
    """How well stability times containment tells good categories from others, and how well size alone does."""
    good, signal, size = [], [], []
    for category in dimension.categories:
        inside = (frame["label"] == category.id).to_numpy()
        if not inside.any() or category.stability is None or category.containment is None:
            continue
        good.append(_best_jaccard(frame[level], inside) >= GOOD_JACCARD)
        signal.append(category.stability * category.containment)
        size.append(int(inside.sum()))
    return {
        "categories": len(good),
        "good": int(sum(good)),
        "auc": area_under_curve(good, signal),
        "auc_of_size": area_under_curve(good, size),
    }


def _best_jaccard(known: pl.Series, inside: np.ndarray) -> float:
    classes = np.unique(known.fill_null("").to_numpy(), return_inverse=True)[1]
    both = np.bincount(classes[inside], minlength=classes.max() + 1)
    whole = np.bincount(classes)
    return float((both / (whole + inside.sum() - both)).max())


def area_under_curve(good: Sequence[bool], signal: Sequence[float]) -> float | None:
    """The chance that a good one has a larger signal than another; None if all or none are good."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(good, signal)) if 0 < sum(good) < len(good) else None
