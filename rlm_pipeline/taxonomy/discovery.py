"""The dimension in one free-text column: its statements clustered, its gate, and what labels other statements."""

import logging
import time
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.profiling.schema import CanonicalColumn
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import boilerplate, classifier, embedding, levels, lineage, naming, selection, tree
from rlm_pipeline.taxonomy.categorical import dimension_id
from rlm_pipeline.taxonomy.classifier import HeldOut
from rlm_pipeline.taxonomy.document import Dimension, Level
from rlm_pipeline.taxonomy.graph import Vectors
from rlm_pipeline.taxonomy.labeller import Labeller, key_of
from rlm_pipeline.taxonomy.review import growing, measuring
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.sampling import Sample

FEWEST_STATEMENTS = 60
"""Fewer distinct statements are read by a person sooner than clustered."""
MINIMUM_COHERENCE = 0.1
"""Of kappa less two standard errors. Measured: kappa .21 to .87 where there are topics, .16 at most on 30 samples of
random or shuffled words (that of 150 texts; .10 at most on 1,000 or more)."""
METHOD = "shared-neighbour Leiden; level by stability in excess of a Gaussian null"

_DIGITS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoders:
    """`discovery` makes the vectors that are clustered; `static` is the classifier's."""

    discovery: Encoder
    static: Encoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A sample made ready: distinct `statements` without boilerplate, as `text` and in lower case, and their vectors.

    `distinct` counts all distinct statements the sample was drawn from.
    """

    column: CanonicalColumn
    statements: pl.DataFrame
    removed: tuple[str, ...]
    vectors: Vectors
    sampled: int
    distinct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A text facet's dimension, and what labels its statements: None if it did not pass its gate."""

    dimension: Dimension
    labeller: Labeller | None


def read(column: CanonicalColumn, sample: Sample, encoders: Encoders) -> Read:
    """Make a sample ready for discovery, which takes most of its time."""
    statements, removed = _prepared(sample, encoders.static)
    texts = statements["text"].to_list()
    return Read(
        column=column,
        statements=statements,
        removed=removed,
        vectors=embedding.vectors_of(texts, encoders.discovery, encoders.static, facet=column.name),
        sampled=sample.statements.height,
        distinct=sample.distinct,
    )


def discover(
    store: DatasetStore,
    read: Read,
    encoders: Encoders,
    *,
    seed: int,
    past: Dimension | None = None,
    reviewer: Reviewer | None = None,
) -> Discovered:
    """Cluster the statements of a sample of at least `FEWEST_STATEMENTS` statements, and learn to label all others.

    Categories of `past`, the dimension as it is stored, keep their ids. A reviewer's model names and may merge them.

    Raises:
        ConfigurationError: a prompt file is absent or wrong.
        InvariantError: a statement's record is gone.
        StoreError: the ledger cannot be written.

    """
    started = time.monotonic()
    column, statements, vectors = read.column, read.statements, read.vectors
    path = levels.search(embedding.reduced(vectors), seed)
    choice = selection.choose(path)
    found = _dimension(read, path, choice)
    if choice.cut is None:
        logger.info("%s: no stable structure; %s", column.name, choice.reason)
        return Discovered(dimension=found, labeller=None)
    cut = levels.refined(path, choice.cut, selection.whole(path, choice.cut, vectors), seed=seed)
    learnt, held_out = classifier.learn(statements["lower"].to_list(), cut.labels, encoders.static)
    if reason := _incoherence(held_out):
        logger.info("%s: no stable structure; %s", column.name, reason)
        return Discovered(dimension=found.model_copy(update={"gate_reason": reason}), labeller=None)
    grown = growing.grow(
        store,
        tree.Clustered(
            column=column,
            statements=statements,
            vectors=vectors,
            path=path,
            cut=cut,
            seed=seed,
            past=lineage.former(store, past) if past else None,
        ),
        encoders.discovery,
        reviewer,
    )
    if grown.cut is not cut:
        cut = grown.cut
        learnt, held_out = classifier.learn(statements["lower"].to_list(), cut.labels, encoders.static)
    logger.info(
        "%s: %d categories from %d statements in %.0f s", column.name, cut.categories, len(vectors),
        time.monotonic() - started,
    )  # fmt: skip
    labeller = Labeller(
        categories=tuple(category.id for category in grown.categories[-cut.categories :]),
        classifier=learnt,
        known=tuple(key_of(lower) for lower in statements["lower"]),
        known_categories=cut.labels,
        boilerplate=read.removed,
        model_id=encoders.static.model_id,
    )
    definition = _definition(found, cut, held_out)
    passed = found.model_copy(
        update={
            "gate": "passed", "definition": definition, "categories": grown.categories, "review": grown.review
        }
    )  # fmt: skip
    if reviewer:
        texts = statements["text"].to_list()
        measured = measuring.measure(passed, texts, cut.labels, held_out, ids=labeller.categories, reviewer=reviewer)
        passed = passed.model_copy(update={"model_labels": measured})
    return Discovered(dimension=passed, labeller=labeller)


def _prepared(sample: Sample, static: Encoder) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The sample without boilerplate, as `text` and in lower case as `lower`, each once; and the boilerplate."""
    written = sample.statements["statement"].to_list()
    removed = boilerplate.find(written, static)
    texts = [boilerplate.without(text, frozenset(removed)) for text in written]
    statements = sample.statements.with_columns(
        pl.Series("text", texts, dtype=pl.String),
        pl.Series("lower", [text.lower() for text in texts], dtype=pl.String),
    )
    return statements.unique("lower", keep="first", maintain_order=True), removed


def _dimension(read: Read, path: levels.Path, choice: selection.Choice) -> Dimension:
    """The dimension as it is if it does not pass."""
    name = naming.humanised(read.column.name)
    return Dimension(
        id=dimension_id(read.column.name),
        name=name,
        definition=f"What {name} says; no categories could be proven.",
        facet=read.column.name,
        kind="text",
        method=METHOD,
        stability=round(choice.cut.stability, _DIGITS) if choice.cut else None,
        gate="no_stable_structure",
        gate_reason=choice.reason,
        levels=_levels(path, choice.cut),
        sampled_statements=read.sampled,
        distinct_statements=read.distinct,
    )


def _levels(path: levels.Path, chosen: levels.Cut | None) -> tuple[Level, ...]:
    """The path from coarse to fine: for each number of categories the chosen level, or that of the largest excess."""
    best: dict[int, levels.Cut] = {}
    for cut in sorted(path.cuts, key=lambda cut: (cut is not chosen, -path.null.excess_of(cut))):
        if cut.categories > 1:
            best.setdefault(cut.categories, cut)
    return tuple(
        Level(
            categories=number,
            stability=round(cut.stability, _DIGITS),
            null_stability=round(path.null.stability_of(cut), _DIGITS),
            coverage=round(cut.coverage, _DIGITS),
            chosen=cut is chosen,
        )
        for number, cut in sorted(best.items())
    )


def _incoherence(held_out: HeldOut) -> str:
    if held_out.coherence_low is None or held_out.coherence_low >= MINIMUM_COHERENCE:
        return ""
    return (
        "the two halves of a statement agree on its category hardly more often than by chance (kappa "
        f"{held_out.coherence:.2f}, less two standard errors {held_out.coherence_low:.2f}; {MINIMUM_COHERENCE:.2f} is "
        "asked for): words stand together at random"
    )


def _definition(found: Dimension, cut: levels.Cut, held_out: HeldOut) -> str:
    return (
        f"What {found.name} says, in {cut.categories} categories found in {found.sampled_statements:,} of "
        f"{found.distinct_statements:,} distinct statements. All others are labelled by a classifier that agrees with "
        f"the categories found on {held_out.agreement:.1%} of {held_out.statements:,} statements held out from it."
    )
