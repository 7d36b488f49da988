"""The categories of a clustered facet as they are published: reviewed, where there is a model, and scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import distinctiveness, tree
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.document import Category, Criticism, Review
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.levels import Cut
from rlm_pipeline.taxonomy.review import reviewing
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.review.reviewed import Reviewed
from rlm_pipeline.taxonomy.tree import Clustered

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """Parents first, then the leaves in the order of the labels of `cut`; `review` is None without a model."""

    categories: tuple[Category, ...]
    cut: Cut
    review: Review | None


def grow(store: DatasetStore, found: Clustered, encoder: Encoder, reviewer: Reviewer | None = None) -> Grown:
    """Categories named, cited and scored; with a reviewer also reviewed, which may merge some.

    `encoder` is the one that `found.vectors` begin with.

    Raises:
        ConfigurationError: a prompt file is absent or wrong.
        InvariantError: a statement's record is gone.
        StoreError: the ledger cannot be written.

    """
    space = Space(statements=found.vectors, encoder=encoder)
    outcome = reviewing.review(found, space, reviewer) if reviewer else None
    categories = tree.grow(store, found, outcome if isinstance(outcome, Reviewed) else None)
    cut = outcome.cut if isinstance(outcome, Reviewed) else found.cut
    scored = (*_scored(categories[: -cut.categories], _parent_labels(categories, cut), space),
              *_scored(categories[-cut.categories :], cut.labels, space))  # fmt: skip
    if not isinstance(outcome, Reviewed):
        return Grown(categories=scored, cut=cut, review=outcome)
    leaves = scored[-cut.categories :]
    criticism = tuple(
        Criticism(category=leaves[number].id, problem=problem)
        for number, problems in outcome.problems.items()
        for problem in problems
    )
    return Grown(categories=scored, cut=cut, review=outcome.review.model_copy(update={"criticism": criticism}))


def _parent_labels(categories: Sequence[Category], cut: Cut) -> Labels:
    """The parent of each statement, in the order of the categories; -1 for none."""
    place: dict[str | None, int] = {each.id: number for number, each in enumerate(categories[: -cut.categories])}
    above = np.array([place.get(leaf.parent, -1) for leaf in categories[-cut.categories :]], dtype=np.int32)
    labels: Labels = above[cut.labels]
    return labels


def _scored(categories: Sequence[Category], labels: Labels, space: Space) -> list[Category]:
    if len(categories) < 2:
        return list(categories)
    siblings = distinctiveness.siblings(space, labels)
    scores = siblings.scores([each.name for each in categories]) if siblings else ()
    return [
        category.model_copy(update={"distinctiveness": round(float(score), _DIGITS)})
        for category, score in zip(categories, scores, strict=True)
    ]
