"""The minimum of agreement that a dataset's configuration asks for, and whether the stored labels reach it."""

from dataclasses import dataclass

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation.agreement import DimensionAgreement, Evaluated, evaluate
from rlm_pipeline.evaluation.metrics import Estimate
from rlm_pipeline.known_truth import Evaluation
from rlm_pipeline.store import DatasetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The figures of one dimension against the minimum; `below` says of each that is too low what it is and was to be.

    A figure counts as reached by its value, not by the lower end of its interval.
    """

    dimension: str
    truth: str
    compared: int
    figures: dict[str, Estimate]
    below: tuple[str, ...]


def evaluate_configured(store: DatasetStore, config: DatasetConfig, evaluation: Evaluation) -> Evaluated:
    """The agreement that the section `evaluation` asks for.

    Raises:
        NotMaterialised: labels or dimensions do not exist yet.
        QueryError: the truth or the dimension does not exist.

    """
    return evaluate(
        store,
        config,
        truth=evaluation.truth,
        key=evaluation.key,
        column=evaluation.column,
        separator=evaluation.separator,
        dimension=evaluation.dimension,
    )


def against(found: Evaluated, evaluation: Evaluation) -> Reached:
    """The minimum against the dimension that agrees best, by AMI; of those compared, one that passed its gate.

    Raises:
        QueryError: nothing could be compared.

    """
    best = best_of(found)
    figures = figures_of(best)
    below = tuple(
        f"{name} is {figures[name].value:.3f}, at least {wanted:g} is asked for"
        for name, wanted in evaluation.minimum.wanted.items()
        if figures[name].value < wanted
    )
    return Reached(
        dimension=best.dimension.name, truth=found.truth, compared=best.compared, figures=figures, below=below
    )


def best_of(found: Evaluated) -> DimensionAgreement:
    """The dimension that agrees best, one that passed its gate before any other.

    Raises:
        QueryError: nothing could be compared.

    """
    compared = [each for each in found.dimensions if each.agreement]
    if not compared:
        raise QueryError(f"no record has both a label and a category in {found.truth}: there is nothing to compare")
    return max(compared, key=lambda each: (each.dimension.gate == "passed", _ami(each), each.dimension.id))


def figures_of(compared: DimensionAgreement) -> dict[str, Estimate]:
    """The figures by name, shares of coverage among them; empty where nothing was compared."""
    figures: dict[str, Estimate] = {}
    if compared.agreement:
        names = ("ami", "ari", "v_measure", "matched_accuracy")
        figures |= {name: getattr(compared.agreement, name) for name in names}
    if compared.widest:
        figures["ami_of_the_widest"] = compared.widest.ami
    if compared.tree:
        figures |= {
            "ancestor_f1": compared.tree.f1,
            "ancestor_precision": compared.tree.precision,
            "ancestor_recall": compared.tree.recall,
        }
    if compared.coverage:
        coverage = compared.coverage
        figures |= {"labelled": coverage.labelled, "other": coverage.other, "blank": coverage.blank}
    return figures


def _ami(compared: DimensionAgreement) -> float:
    return compared.agreement.ami.value if compared.agreement else 0.0
