"""The dimensions that a text's slots are, beside the one of its subjects."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import StoreError
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import classifier, distinctiveness, exemplars, labeller, levels, lineage
from rlm_pipeline.taxonomy.categorical import dimension_id
from rlm_pipeline.taxonomy.discovery import Discovered, Encoders, Read
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.document import Category, Dimension
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.hierarchy import centroids
from rlm_pipeline.taxonomy.labeller import Labeller, key_of
from rlm_pipeline.taxonomy.lineage import Descent
from rlm_pipeline.taxonomy.naming import humanised
from rlm_pipeline.taxonomy.slots import gate, grouping, kinship, lexicon, search
from rlm_pipeline.taxonomy.slots.naming import Named, name_all
from rlm_pipeline.taxonomy.slots.slot import Slot, only_one

METHOD = "words that stand for one another; categories by the records that hold them"
MOST_VIEWS = 2
FEWEST_STATEMENTS = 400
"""Of fewer, half do not tell a slot from chance."""

_LEAST_CONFIDENT = 0.5
"""What a statement that names no category may be given: it is more probable than all others together."""
_SAME_WORDS = 1 / 3
_DIGITS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A slot that is published; `labels` (n,) is -1 where a statement does not name exactly one category."""

    found: search.Found
    slot: Slot
    grouping: grouping.Grouping
    labels: Labels
    held_by: tuple[int, ...]  # statements that hold each word of the slot
    stability: float


def discover(
    store: DatasetStore, read: Read, encoders: Encoders, *, main: Discovered, seed: int, past: Sequence[Dimension]
) -> tuple[Discovered, ...]:
    """The slots of the statements read that are dimensions, none of which says what `main` or another says.

    Slots of `past` that have mostly the same words keep their ids and names.

    Raises:
        InvariantError: a statement's record is gone.

    """
    if read.statements.height < FEWEST_STATEMENTS:
        return ()
    known = [main.labeller.known_categories] if main.labeller else []
    views = _views(read, encoders, known=known, seed=seed)
    former = {dimension.id: slot for dimension in past if (slot := _former_slot(store, dimension))}
    by_id = {dimension.id: dimension for dimension in past}
    made: list[Discovered] = []
    for view in views:
        same = max(former, key=lambda each: _overlap(former[each], view.slot), default=None)
        before = by_id[same] if same and _overlap(former[same], view.slot) >= _SAME_WORDS else None
        former = {each: slot for each, slot in former.items() if before is None or each != before.id}
        made.append(_discovered(store, read, encoders, view, before))
    return tuple(made)


def _views(read: Read, encoders: Encoders, *, known: list[Labels], seed: int) -> list[_View]:
    lower = read.statements["lower"].to_list()
    words = lexicon.read(lower)
    if len(words.words) < grouping.MOST:
        return []
    kin = kinship.vectors_of(words, encoders.static, seed=seed)
    views: list[_View] = []
    for found in search.find(words, kin, seed=seed):
        if len(views) == MOST_VIEWS:
            break
        told = ", ".join(words.words[word] for word in found.words[:3])
        if reason := gate.unfilled(found, words):
            logger.info("%s: %s, …: %s", read.column.name, told, reason)
            continue
        presence = words.presence[:, found.words]
        grouped = grouping.group(presence, read.vectors, seed=seed)
        if grouped is None:
            continue
        slot = Slot(words=tuple(words.words[word] for word in found.words), categories=grouped.groups)
        named = slot.named(lower)
        labels = only_one(named)
        weights = np.asarray(presence.sum(axis=0)).ravel()
        figures = gate.Figures(
            labels=labels,
            several=float((named.sum(axis=1) > 1).sum() / max(named.any(axis=1).sum(), 1)),
            kappa=gate.dependence(encoders.static.encode(slot.besides(lower)), labels),
            shared=max((gate.shared_information(labels, other) for other in known), default=0.0),
        )
        if reason := gate.unproven(grouped, weights, figures):
            logger.info("%s: %s, …: %s", read.column.name, told, reason)
            continue
        known.append(labels)
        views.append(
            _View(
                found=found,
                slot=slot,
                grouping=grouped,
                labels=labels,
                held_by=tuple(int(weight) for weight in weights),
                stability=grouping.mean_recurrence(grouped, weights),
            )
        )
    return views


def _discovered(
    store: DatasetStore, read: Read, encoders: Encoders, view: _View, before: Dimension | None
) -> Discovered:
    own = read.statements["lower"].to_list()
    sure = np.flatnonzero(view.labels >= 0)
    learnt, held_out = classifier.learn(
        view.slot.besides([own[position] for position in sure]), view.labels[sure], encoders.static
    )
    past = lineage.former(store, before) if before else None
    descent = lineage.leaves(past, read.statements["statement"].to_list(), view.labels)
    named = name_all(view.slot, view.held_by, kept=descent.names, sampled=len(own))
    identity = before.id if before else dimension_id(fingerprint.short(read.column.name, *view.slot.words))
    categories = _categories(store, read, encoders, view, named=named, descent=descent, identity=identity)
    found_labeller = Labeller(
        categories=tuple(category.id for category in categories),
        classifier=replace(learnt, least_confident=max(learnt.least_confident, _LEAST_CONFIDENT)),
        known=tuple(key_of(own[position]) for position in sure),
        known_categories=view.labels[sure],
        boilerplate=read.removed,
        model_id=encoders.static.model_id,
        slot=view.slot,
    )
    text = humanised(read.column.name)
    filled = view.found.held_out
    logger.info("%s: second view of %d categories: %s", read.column.name, len(categories), categories[0].name)
    return Discovered(
        dimension=Dimension(
            id=identity,
            name=before.name if before else f"{text}: {_in_words(view)}",
            definition=f"Which of {len(view.slot.words)} words that stand for one another {text} names, in "
            f"{len(categories)} categories. {filled.coverage:.1%} of the statements held out name one: of those that "
            f"words strewn by chance leave without, {filled.fill:.1%}. What names none or several is labelled by a "
            f"classifier of its other words, which agrees with the word on {held_out.agreement:.1%} of "
            f"{held_out.statements:,} statements held out from it, and is left open where it is not sure.",
            facet=read.column.name,
            kind="text",
            method=METHOD,
            stability=round(view.stability, _DIGITS),
            gate="passed",
            sampled_statements=read.statements.height,
            distinct_statements=read.distinct,
            categories=categories,
        ),
        labeller=found_labeller,
    )


def _categories(
    store: DatasetStore,
    read: Read,
    encoders: Encoders,
    view: _View,
    *,
    named: Sequence[Named],
    descent: Descent,
    identity: str,
) -> tuple[Category, ...]:
    sure = np.flatnonzero(view.labels >= 0)
    vectors, labels, statements = read.vectors[sure], view.labels[sure], read.statements[sure.tolist()]
    shown = exemplars.choose(vectors, labels, centroids(vectors, labels))
    positions = [position for group in (*shown.nearest, *shown.border) for position in group]
    cited = exemplars.cite(statements, positions, read.column, store)
    siblings = distinctiveness.siblings(Space(statements=vectors, encoder=encoders.discovery), labels)
    scores = siblings.scores([each.name for each in named]) if siblings else None
    return tuple(
        Category(
            id=descent.id_of(number, _fresh_id(identity, each.keywords, descent)),
            name=each.name,
            definition=each.definition,
            status="established" if view.grouping.recurrence[number] >= levels.STABLE else "tentative",
            keywords=each.keywords,
            exemplars=tuple(cited[position] for position in shown.nearest[number]),
            border_cases=tuple(cited[position] for position in shown.border[number]),
            stability=round(float(view.grouping.recurrence[number]), _DIGITS),
            distinctiveness=round(float(scores[number]), _DIGITS) if scores is not None else None,
            lineage=descent.lineage[number],
        )
        for number, each in enumerate(named)
    )


def _in_words(view: _View) -> str:
    frequent = sorted(range(len(view.slot.words)), key=lambda word: -view.held_by[word])[:3]
    return ", ".join(view.slot.words[word] for word in frequent)


def _fresh_id(dimension: str, words: Sequence[str], descent: Descent) -> str:
    parts = ("slot", dimension, *words)
    identity = fingerprint.short(*parts)
    while identity in descent.taken:
        parts = (*parts, identity)
        identity = fingerprint.short(*parts)
    return identity


def _former_slot(store: DatasetStore, dimension: Dimension) -> Slot | None:
    if dimension.method != METHOD:
        return None
    try:
        return labeller.read_slot(store.classifiers_folder / f"{dimension.id}.npz")
    except StoreError as error:
        logger.warning("%s gets a new id: %s", dimension.name, error)
        return None


def _overlap(slot: Slot, other: Slot) -> float:
    words, others = set(slot.words), set(other.words)
    return len(words & others) / len(words | others)
