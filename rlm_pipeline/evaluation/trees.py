"""Agreement of a found tree with a known one, by the ancestors that each gives to every record."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.evaluation.metrics import RESAMPLES, Counts, Estimate, matching
from rlm_pipeline.taxonomy.document import Category

Membership = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeAgreement:
    """How well the ancestors of `records` records in a found tree agree with those in a known one.

    `precision`, `recall` and `f1` are hierarchical precision, recall and F of Kiritchenko, Matwin, Nock and Famili
    (2006): with A the known and B the found ancestors of a record, sum |A & B| / sum |B|, sum |A & B| / sum |A|, and
    their harmonic mean. A record's ancestors are all categories it is in, at every level, but neither the root nor the
    record itself. Found categories have no names in common with known ones: each takes the name of at most one known
    category, by the one-to-one matching that makes sum |A & B| largest (Hungarian method). `matched` categories have
    such a name.
    """

    records: int
    known_categories: int
    found_categories: int
    matched: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


def tree_agreement(
    table: Counts, known: Membership, found: Membership, *, resamples: int = RESAMPLES, seed: int = 0
) -> TreeAgreement:
    """The agreement that a table of counts shows.

    A record may be in several branches of the known tree: each combination of ancestors is a row of its own.

    Args:
        table: (R, C) records by what is known of them and by the label found.
        known: (R, K) whether the records of a row are in a known category, leaf or parent.
        found: (C, F) likewise of a column and a found category; none of a column without a category.
        resamples: of the records, for the intervals; the matching stays that of the whole table.
        seed: of the resamples.

    Raises:
        ValueError: the shapes do not fit, or the table counts no record.

    """
    if known.shape[0] != table.shape[0] or found.shape[0] != table.shape[1]:
        raise ValueError(f"a table {table.shape} needs ancestors of its rows and columns, not of {known.shape[0]} rows "
                         f"and {found.shape[0]} columns")  # fmt: skip
    records = int(table.sum())
    if not records:
        raise ValueError("an agreement of trees needs at least one record")
    pairs = matching(known.T.astype(np.int64) @ table @ found.astype(np.int64))
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    common = known[:, rows].astype(np.int64) @ found[:, columns].astype(np.int64).T
    value = _figures(table, common, known, found)
    rng = np.random.default_rng(seed)
    shares = table.ravel() / records
    drawn = np.array(
        [
            _figures(rng.multinomial(records, shares).reshape(table.shape), common, known, found)
            for _ in range(resamples)
        ]
    ).reshape(resamples, len(value))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0) if resamples else (value, value)
    precision, recall, f1 = (
        Estimate(value=figure, low=float(bottom), high=float(top))
        for figure, bottom, top in zip(value, low, high, strict=True)
    )
    return TreeAgreement(
        records=records,
        known_categories=int(((table.sum(axis=1) @ known) > 0).sum()),
        found_categories=int(((table.sum(axis=0) @ found) > 0).sum()),
        matched=len(pairs),
        precision=precision,
        recall=recall,
        f1=f1,
    )


def ancestors(labels: Sequence[str], categories: Sequence[Category]) -> Membership:
    """Whether a label, as labels are stored, is in each of `categories`: its own, its parent, that one's, and so on.

    Shape (labels, categories); `other` and `blank` are in none.
    """
    place = {category.id: number for number, category in enumerate(categories)}
    inside = np.zeros((len(labels), len(categories)), dtype=np.bool_)
    for row, label in enumerate(labels):
        at = place.get(label)
        while at is not None and not inside[row, at]:
            inside[row, at] = True
            parent = categories[at].parent
            at = place.get(parent) if parent is not None else None
    return inside


def _figures(table: Counts, common: Counts, known: Membership, found: Membership) -> tuple[float, float, float]:
    """Precision, recall and F1; 0 where nothing was found. `common` (R, C) is |A & B| of a record in each cell."""
    shared = int((table * common).sum())
    of_known = int(table.sum(axis=1) @ known.sum(axis=1))
    of_found = int(table.sum(axis=0) @ found.sum(axis=1))
    together = of_known + of_found
    return (
        shared / of_found if of_found else 0.0,
        shared / of_known if of_known else 0.0,
        2 * shared / together if together else 0.0,
    )
