"""The published taxonomy against the truth that a planted support desk was written with.

The truth folder is read here and nowhere else in the engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation.known_records import (
    PairCounts,
    columns_named,
    count_pairs,
    known_values,
    labelled_partitions,
    tables,
)
from rlm_pipeline.evaluation.metrics import agreement, matching, quick_ami
from rlm_pipeline.evaluation.planted_links import Discovered, relationships, trends
from rlm_pipeline.evaluation.planted_score import CategoryRow, DimensionMatch, FileRows, PlantedScore
from rlm_pipeline.evaluation.support_desk.truth import RECORDS, TRUTH
from rlm_pipeline.model import BLANK
from rlm_pipeline.store import DatasetStore, read_json
from rlm_pipeline.taxonomy.document import Dimension, Taxonomy

RESEMBLES_FROM = 0.05
"""Agreement below which two dimensions are not shown side by side at all: chance alone stays far under it."""

_TICKET = "ticket_no"

Matched = dict[str, tuple[Dimension, PairCounts]]
"""Planted dimension id -> the discovered dimension that agrees best, and their table."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Truth:
    """Both files of the truth; `records` has one row a written ticket."""

    content: dict[str, Any]
    records: pl.DataFrame

    @property
    def dimensions(self) -> list[dict[str, Any]]:
        return list(self.content["dimensions"])


def compare(store: DatasetStore, config: DatasetConfig, truth_folder: Path) -> PlantedScore:
    """How much of what was planted the published taxonomy recovers, and what it claims beyond.

    Args:
        store: the dataset's files; labels and taxonomy must exist.
        config: the dataset's configuration.
        truth_folder: the folder `truth` that the support desk was written with.

    Raises:
        NotMaterialised: labels or the taxonomy do not exist yet.
        QueryError: the truth folder is not one, or the records are not of this desk.

    """
    truth = _read(truth_folder)
    taxonomy = Taxonomy.model_validate(read_json(store.existing(store.taxonomy_path, "taxonomy", None)))
    partitions = labelled_partitions(store)
    published = [dimension for dimension in taxonomy.dimensions if dimension.gate == "passed"]
    pairs, files = _counted(store, config, truth, partitions)
    matched = _matched(truth, published, pairs)
    discovered = Discovered(truth=truth.content, dimensions=taxonomy.dimensions, matched=matched)
    matches = tuple(_match(planted, matched.get(planted["id"])) for planted in truth.dimensions)
    found = {match.dimension_id for match in matches if match.is_found}
    return PlantedScore(
        dimensions=matches,
        unplanted=tuple((each.kind, each.name) for each in published if not discovered.is_planted(each)),
        false_dimensions=tuple(each.name for each in published if each.kind == "text" and each.id not in found),
        relationships=relationships(discovered, taxonomy.relationships),
        trends=trends(discovered, taxonomy.trends, truth.records),
        files=tuple(files),
        citations=taxonomy.coverage.citations,
        citations_verified=taxonomy.coverage.citations_verified,
    )


def _read(folder: Path) -> _Truth:
    if not (folder / TRUTH).is_file() or not (folder / RECORDS).is_file():
        raise QueryError(f"{folder} holds no planted truth; expected {TRUTH} and {RECORDS} there")
    return _Truth(content=read_json(folder / TRUTH), records=pl.read_parquet(folder / RECORDS))


def _counted(
    store: DatasetStore, config: DatasetConfig, truth: _Truth, partitions: Sequence[str]
) -> tuple[dict[tuple[str, str], PairCounts], list[FileRows]]:
    """Tables by (planted dimension, discovered dimension), and what became of each file's rows.

    Records are recognised by their ticket numbers, not by their places, so that a record attributed to the wrong row
    cannot pass for a right one.
    """
    planted = [dimension["id"] for dimension in truth.dimensions]
    counts: dict[str, list[pl.DataFrame]] = {dimension: [] for dimension in planted}
    labelled: dict[str, int] = {}
    quarantined: dict[str, int] = {}
    for partition in partitions:
        columns = columns_named(store, partition, _TICKET)
        if not columns:
            raise QueryError(
                f"the records of {config.name}, {partition}, have no ticket numbers; is it a planted desk?"
            )
        tickets = known_values(store, partition, columns).rename({"known": "ticket"})
        known = tickets.join(truth.records.lazy().drop("source", "row"), on="ticket", how="inner").collect().lazy()
        labels = store.scan(store.labels_path(partition), "labels", partition)
        for dimension in planted:
            counts[dimension].append(count_pairs(labels, known, dimension))
        recognised = labels.select("source", "row").unique().join(known, on=["source", "row"], how="semi")
        labelled.update(recognised.group_by("source").len().collect().iter_rows())
        quarantined.update({source.source: source.quarantined for source in store.manifest(partition).sources})
    files = [
        FileRows(
            source=file["name"],
            written=file["rows"],
            ragged=file["ragged"],
            labelled=labelled.get(file["name"], 0),
            quarantined=quarantined.get(file["name"], 0),
        )
        for file in truth.content["files"]
    ]
    found = {dimension: tables(parts) for dimension, parts in counts.items()}
    return {(dimension, id_): table for dimension, by_id in found.items() for id_, table in by_id.items()}, files


def _matched(truth: _Truth, published: Sequence[Dimension], pairs: dict[tuple[str, str], PairCounts]) -> Matched:
    """Planted to published dimensions of the same kind, one to one, so that the sum of agreements is largest."""
    from scipy.optimize import linear_sum_assignment

    planted = truth.dimensions
    score = np.zeros((len(planted), len(published)))
    for row, dimension in enumerate(planted):
        for column, each in enumerate(published):
            table = pairs.get((dimension["id"], each.id))
            if table is not None and each.kind == dimension["kind"]:
                score[row, column] = _score(table)
    rows, columns = linear_sum_assignment(score, maximize=True)
    return {
        planted[row]["id"]: (published[column], pairs[planted[row]["id"], published[column].id].without(BLANK))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if score[row, column] >= RESEMBLES_FROM
    }


def _score(pairs: PairCounts) -> float:
    """Agreement over the records that answer both, times their share of those with a planted answer."""
    answered = pairs.without(BLANK).table
    return max(quick_ami(answered), 0.0) * int(answered.sum()) / max(int(pairs.table.sum()), 1)


def _match(planted: dict[str, Any], found: tuple[Dimension, PairCounts] | None) -> DimensionMatch:
    answered = sum(category["count"] for category in planted["categories"])
    dimension, pairs = found if found is not None else (None, None)
    records = int(pairs.table.sum()) if pairs is not None else 0
    return DimensionMatch(
        planted=planted["id"],
        column=planted["column"],
        kind=planted["kind"],
        dimension_id=dimension.id if dimension is not None else "",
        dimension_name=dimension.name if dimension is not None else "",
        coverage=records / answered if answered else 0.0,
        agreement=agreement(pairs.table) if pairs is not None and records else None,
        categories=_category_rows(planted, dimension, pairs),
    )


def _category_rows(
    planted: dict[str, Any], dimension: Dimension | None, pairs: PairCounts | None
) -> tuple[CategoryRow, ...]:
    names = {category.id: category.name for category in dimension.categories} if dimension is not None else {}
    partner = {}
    if pairs is not None:
        partner = {pairs.known[row]: (pairs.found[column], row, column) for row, column in matching(pairs.table)}
    rows = []
    for category in planted["categories"]:
        found, row, column = partner.get(category["id"], ("", -1, -1))
        is_matched = pairs is not None and found != ""
        rows.append(
            CategoryRow(
                planted=category["name"],
                found=names.get(found, found),
                planted_records=int(pairs.table[row].sum()) if is_matched and pairs is not None else category["count"],
                found_records=int(pairs.table[:, column].sum()) if is_matched and pairs is not None else 0,
                shared=int(pairs.table[row, column]) if is_matched and pairs is not None else 0,
            )
        )
    return tuple(rows)
