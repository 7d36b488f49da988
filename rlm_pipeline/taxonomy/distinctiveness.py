"""How well a category's name tells its statements from those of the most similar category.

A name is put into the space of the statements. Its distinctiveness is the area under the ROC curve: the probability
that a statement of the category is nearer to the name than one of the most similar category is, ties counted half
(Mann and Whitney, Ann. Math. Stat. 18, 1947; Hanley and McNeil, Radiology 143, 1982). A name that says nothing, or fits
both, has .5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.taxonomy.graph import Labels, Vectors
from rlm_pipeline.taxonomy.hierarchy import centroids

Floats = NDArray[np.float64]

_ERRORS = 2.0
_FALL = 0.05
"""Names that code makes consist of the very words of these statements, which favours them: a fall is more than this."""
_BY_CHANCE = 0.5
_ROUNDED = 5  # similarities, so that the last bits of a product break no tie


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Statements (n, d) as `embedding.vectors_of` gives them, and the encoder that names are put beside them with."""

    statements: Vectors
    encoder: Encoder

    def near(self, names: Sequence[str]) -> Vectors:
        """How near each name is to each statement: (names, n)."""
        vectors = self.encoder.encode(names)
        # A sentence encoder's part comes first; that of the static encoder is centred, which a name alone is not.
        similar: Vectors = np.round(vectors @ self.statements[:, : vectors.shape[1]].T, _ROUNDED)
        return similar


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """The categories (n,) of statements, -1 for none, and the most similar other category of each (K,), K >= 2."""

    space: Space
    labels: Labels
    nearest: NDArray[np.intp]

    def scores(self, names: Sequence[str]) -> Floats:
        """The distinctiveness of each category under these names, (K,)."""
        near = self.space.near(names)
        return np.array([self._placed(near[at], at)[0].mean() for at in range(len(names))])

    def fits(self, category: int, name: str) -> bool:
        """Whether a name is nearer to the category than to the most similar one, and to no other one on the average."""
        near = self.space.near([name])[0]
        within = self.labels >= 0
        means = np.bincount(self.labels[within], weights=near[within]) / np.bincount(self.labels[within])
        return bool(means.argmax() == category and self._placed(near, category)[0].mean() > _BY_CHANCE)

    def falls(self, category: int, before: str, after: str) -> bool:
        """Whether `after` as a name of a category is clearly less distinctive than `before`.

        Clearly is by more than .05, and by more than two standard errors of the difference of two curves over the same
        statements (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988).
        """
        was, now = (self._placed(near, category) for near in self.space.near([before, after]))
        inside, outside = now[0] - was[0], now[1] - was[1]
        error = np.sqrt(_variance(inside) / len(inside) + _variance(outside) / len(outside))
        return bool(inside.mean() < -max(_ERRORS * error, _FALL))

    def _placed(self, near: Vectors, category: int) -> tuple[Floats, Floats]:
        """For each statement of the category the share of its sibling's that are less near to a name, and the reverse.

        The reverse is, for each statement of the sibling, the share of the category's that are nearer. Either mean is
        the area under the curve.
        """
        inside, outside = near[self.labels == category], near[self.labels == self.nearest[category]]
        return _below(inside, outside), 1.0 - _below(outside, inside)


def siblings(space: Space, labels: Labels) -> Siblings | None:
    """Who is the most similar to whom, by the categories' mean directions; None for an only category."""
    within = labels >= 0
    centres = centroids(space.statements[within], labels[within])
    if len(centres) < 2:
        return None
    similar = centres @ centres.T
    np.fill_diagonal(similar, -np.inf)
    return Siblings(space=space, labels=labels, nearest=similar.argmax(axis=1))


def _below(values: Vectors, others: Vectors) -> Floats:
    """The share of `others` below each value, ties counted half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    shares: Floats = below / (2.0 * len(others))
    return shares


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0
