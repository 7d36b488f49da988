"""How well a model labels statements whose category is known, beside the classifier that had not seen them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.classifier import HeldOut
from rlm_pipeline.taxonomy.document import Agreement, Dimension, ModelLabels
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.review import asked, labelling
from rlm_pipeline.taxonomy.review.asked import Reviewer

MEASURED = 80
FEWEST = 30
"""Statements that have to be answered for a measure: of fewer, an agreement is known to no better than .17."""
_LEAST_SURE = 1 / 3

_DIGITS = 4


def measure(
    dimension: Dimension,
    texts: Sequence[str],
    labels: Labels,
    held_out: HeldOut,
    *,
    ids: Sequence[str],
    reviewer: Reviewer,
) -> ModelLabels:
    """Ask about the held-out statements that the classifier is least sure of: such as the model is to label.

    `texts` (n,) are the sample's statements, `labels` (n,) their categories, `ids` those of the categories in order.
    The model is used if it agrees with the categories found as often as the classifier does on the same statements.

    Raises:
        ConfigurationError: the prompt file is absent or wrong.
        StoreError: the ledger cannot be written.

    """
    prompt = reviewer.prompt(asked.STATEMENTS)
    chosen = least_sure(held_out)
    known = held_out.positions[chosen]
    found = labelling.label(
        [texts[at] for at in known.tolist()], dimension, labelling.offered(dimension, ids), reviewer
    )
    answered = np.array(sorted(found.categories), dtype=np.int64)
    result = ModelLabels(model=reviewer.model_of(prompt), prompt_version=prompt.version)
    if found.unasked:
        return result.model_copy(update={"reason": found.unasked})
    if len(answered) < FEWEST:
        reason = f"its labels of {len(answered)} known statements can be compared; {FEWEST} are asked for"
        return result.model_copy(update={"reason": reason})
    said = np.array([found.categories[at] for at in answered.tolist()])
    truth = labels[known[answered]]
    own = held_out.judged[chosen][answered]
    agreement, classifier = _agreement(said == truth), _agreement(own == truth)
    used = agreement.share >= classifier.share
    reason = "" if used else "it agrees with the categories found less often than the classifier"
    return result.model_copy(update={"agreement": agreement, "classifier": classifier, "used": used, "reason": reason})


def least_sure(held_out: HeldOut) -> NDArray[np.int64]:
    """Which held-out statements are asked about, least sure first."""
    number = min(MEASURED, round(len(held_out.positions) * _LEAST_SURE))
    # Confidences are rounded so that the choice does not hang on the last bits of a product.
    order = np.lexsort((held_out.positions, np.round(held_out.confidence, _DIGITS)))
    return order[:number].astype(np.int64)


def _agreement(agrees: NDArray[np.bool_]) -> Agreement:
    from scipy.stats import binomtest

    interval = binomtest(int(agrees.sum()), len(agrees)).proportion_ci(method="wilson")
    return Agreement(
        statements=len(agrees),
        share=round(float(agrees.mean()), _DIGITS),
        interval=(round(float(interval.low), _DIGITS), round(float(interval.high), _DIGITS)),
    )
