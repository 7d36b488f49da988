"""The questions of one text, from proposal to what labels every record; what fails is told with its figures."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlm_pipeline.configuration import Discovery
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import classifier
from rlm_pipeline.taxonomy.classifier import Classifier
from rlm_pipeline.taxonomy.discovery import Discovered, Encoders, Read
from rlm_pipeline.taxonomy.document import Category, Dimension, Question
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.labeller import Labeller, key_of
from rlm_pipeline.taxonomy.naming import humanised
from rlm_pipeline.taxonomy.questions import asking, definition, gate, grouping, kept, proposing, publishing
from rlm_pipeline.taxonomy.questions.asking import Answer, Answers, normalised
from rlm_pipeline.taxonomy.questions.gate import Told
from rlm_pipeline.taxonomy.questions.grouping import Categories
from rlm_pipeline.taxonomy.questions.proposing import Asked, Proposed
from rlm_pipeline.taxonomy.review.asked import Reviewer

METHOD = "a question that a model proposed; its answers in a few words, clustered or each by itself"
MUCH_CHANGED = 0.5
"""Where fewer of the statements to ask about were asked about before, a model may propose other questions."""

_ANY = -1.0
"""What was answered stands, however little the statement is like others with this answer."""
_DIGITS = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A dimension for each question, published or not; `told` says what was not even asked."""

    discovered: tuple[Discovered, ...]
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What all questions about a text share; `others` are its dimensions so far."""

    store: DatasetStore
    read: Read
    encoders: Encoders
    limits: Discovery
    reviewer: Reviewer | None
    others: tuple[Discovered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A question's answers, as far as they have passed; `labels` (n,) is -1 where a statement is in no category."""

    question: Question
    reason: str = ""
    answers: Mapping[int, Answer] | None = None
    categories: Categories | None = None
    labels: Labels | None = None
    classifier: Classifier | None = None
    told: Told | None = None


def discover(
    store: DatasetStore,
    read: Read,
    encoders: Encoders,
    *,
    others: Sequence[Discovered],
    known: Sequence[str],
    past: Sequence[Dimension],
    limits: Discovery,
    reviewer: Reviewer | None,
) -> Outcome:
    """The dimensions that questions about a text are, none of which says what `others`, its dimensions, say.

    `known` are the names of all dimensions of other columns, `past` those of this one as they are stored: their
    questions are asked again, of new statements only, and of nobody without a reviewer.

    Raises:
        ConfigurationError: a prompt file is absent or wrong.
        InvariantError: a statement's record is gone.
        StoreError: the ledger or the answers cannot be written.

    """
    text = _Text(store=store, read=read, encoders=encoders, limits=limits, reviewer=reviewer, others=tuple(others))
    proposed = _proposed(text, known, past)
    by_id = {each.id: each for each in past}
    made: list[Discovered] = []
    unasked = ""
    for each in proposed.questions:
        asked = _by(text.reviewer, each)
        answers = asking.ask(
            store, read, asked, statements=limits.question_statements, reviewer=reviewer, unasked=unasked
        )
        unasked = answers.unasked  # of a server that is away or a budget that is spent, no more is asked for either
        here = replace(text, others=(*text.others, *made))
        made.append(_dimension(here, each if unasked else asked, answers, by_id.get(asked.id)))
    return Outcome(discovered=tuple(made), told=proposed.told)


def _by(reviewer: Reviewer | None, asked: Asked) -> Asked:
    """The question as it is put now."""
    if reviewer is None:
        return asked
    prompt = reviewer.prompt(proposing.ANSWERS_PROMPT)
    update = {"answered_by": reviewer.model_of(prompt), "prompt_version": prompt.version}
    return replace(asked, question=asked.question.model_copy(update=update))


def _proposed(text: _Text, known: Sequence[str], past: Sequence[Dimension]) -> Proposed:
    most, reviewer = text.limits.questions, text.reviewer
    passed = {each.id for each in past if each.gate == "passed"}
    before = sorted(proposing.stored(past), key=lambda each: each.id not in passed)[:most]
    if most == 0 or reviewer is None or (before and not _much_changed(text, before)):
        return Proposed(questions=tuple(before), told="")
    published = [each for each in before if each.id in passed]
    if len(published) == most:
        return Proposed(questions=tuple(published), told="")
    main = text.others[0].labeller if text.others else None
    of_text = {each.dimension.name: _names(each.dimension) for each in text.others}
    return proposing.propose(
        text.read,
        {**of_text, **{name: () for name in known if name not in of_text}},
        main.known_categories if main else None,
        kept=published,
        most=most,
        reviewer=reviewer,
    )


def _names(dimension: Dimension) -> list[str]:
    above = {each.parent for each in dimension.categories}
    return [each.name for each in dimension.categories if each.id not in above]


def _much_changed(text: _Text, before: Sequence[Asked]) -> bool:
    now = set(text.read.statements.head(text.limits.question_statements)["key"])
    then = {key for each in before for key, _ in kept.read(text.store, each.id, None)}
    return len(now & then) < MUCH_CHANGED * len(now)


def _dimension(text: _Text, asked: Asked, answers: Answers, before: Dimension | None) -> Discovered:
    found = _found(text, asked, answers)
    name = f"{humanised(text.read.column.name)}: {asked.question.name}"
    stability = found.categories.stability if found.categories else None
    dimension = Dimension(
        id=asked.id,
        name=name,
        definition=f"{asked.question.question} No categories of the answers could be proven.",
        facet=text.read.column.name,
        kind="text",
        method=METHOD,
        stability=round(stability, _DIGITS) if stability is not None else None,
        gate="no_stable_structure",
        gate_reason="; ".join(part for part in (found.reason, answers.missing) if part),
        sampled_statements=len(answers.given),
        distinct_statements=text.read.distinct,
        question=found.question,
    )
    if found.reason or not (found.categories and found.answers and found.told) or found.labels is None:
        logger.info("%s: not published: %s", name, dimension.gate_reason)
        return Discovered(dimension=dimension, labeller=None)
    categories = publishing.publish(
        text.store,
        text.read,
        found.answers,
        found.categories,
        found.labels,
        proven=found.told.found,
        identity=asked.id,
        before=before,
        encoder=text.encoders.discovery,
    )
    logger.info("%s: %d categories of %d answers", name, len(categories), found.question.answered)
    told = definition.of(found.question, len(categories), text.read.distinct, answers.missing)
    update = {"gate": "passed", "gate_reason": "", "categories": categories, "definition": told}
    return Discovered(
        dimension=dimension.model_copy(update=update), labeller=_labeller(text, found, answers, categories)
    )


def _found(text: _Text, asked: Asked, answers: Answers) -> _Found:
    """Group the answers and try every gate, the cheapest first."""
    given = {at: answer for at, answer in answers.given.items() if answer is not None}
    question = asked.question.model_copy(update={
        "asked": len(answers.given),
        "answered": len(given),
        "not_stated": answers.not_stated,
        "unverified": answers.unverified,
        "unusable": answers.unusable,
    })  # fmt: skip
    if reason := gate.unanswered(len(given), len(answers.given)):
        return _Found(question=question, reason=reason)
    again = [answer.text for answer in answers.again.values() if answer is not None]
    categories = grouping.group(
        [answer.text for answer in given.values()],
        again,
        text.encoders,
        facet=text.read.column.name,
        seed=text.limits.seed,
    )
    if isinstance(categories, str):
        return _Found(question=question, reason=categories)
    labels = np.full(max(answers.given) + 1, -1, dtype=np.int32)
    for at, answer in given.items():
        labels[at] = categories.of.get(normalised(answer.text), -1)
    twice = _twice(answers, categories)
    kappa = gate.kappa_of([one for one, _ in twice], [two for _, two in twice])
    question = question.model_copy(update={"asked_twice": len(twice), "kappa": kappa})
    reason = gate.undecided(labels) or gate.unrepeated(kappa) or gate.repeated(labels, _others(text, len(labels)))
    if reason:
        return _Found(question=question, reason=reason, categories=categories)
    learnt, told = _learnt(text, answers, labels, categories.number)
    if told is None:
        return _Found(question=question, reason="no answer was held out", categories=categories)
    question = question.model_copy(update={
        "told": told.agreement,
        "most_frequent": told.most_frequent,
        "decided": told.decided,
        "held_out": told.held_out,
    })  # fmt: skip
    return _Found(
        question=question,
        reason=gate.untold(told),
        answers=given,
        categories=categories,
        labels=labels,
        classifier=learnt,
        told=told,
    )


def _twice(answers: Answers, categories: Categories) -> list[tuple[int, int]]:
    """The categories of both answers to statements asked twice, -1 for none."""

    def category(answer: Answer | None) -> int:
        return categories.of.get(normalised(answer.text), -1) if answer else -1

    both = sorted(answers.given.keys() & answers.again.keys())
    return [(category(answers.given[at]), category(answers.again[at])) for at in both]


def _others(text: _Text, number: int) -> dict[str, Labels]:
    """The categories of the first so many statements in the text's other dimensions, -1 for none."""
    keys = [key_of(lower) for lower in text.read.statements.head(number)["lower"]]
    found: dict[str, Labels] = {}
    for other in text.others:
        if other.labeller is not None:
            category_of, categories = other.labeller.category_of, len(other.labeller.categories)
            labels = np.array([category_of.get(key, -1) for key in keys], dtype=np.int32)
            found[other.dimension.name] = np.where(labels < categories, labels, -1).astype(np.int32)
    return found


def _learnt(text: _Text, answers: Answers, labels: Labels, categories: int) -> tuple[Classifier, Told | None]:
    """What tells the category of an answer from its statement, `categories` for none, and how well it does."""
    positions = sorted(answers.given)
    own = np.where(labels[positions] < 0, categories, labels[positions]).astype(np.int32)
    lower = text.read.statements["lower"]
    learnt, held_out = classifier.learn([lower[at] for at in positions], own, text.encoders.static)
    return learnt, gate.told_by(held_out, own, categories)


def _labeller(text: _Text, found: _Found, answers: Answers, categories: Sequence[Category]) -> Labeller | None:
    if found.labels is None or found.classifier is None:
        return None
    positions = sorted(answers.given)
    lower = text.read.statements["lower"]
    own = found.labels[positions]
    learnt = found.classifier
    return Labeller(
        categories=tuple(category.id for category in categories),
        classifier=replace(
            learnt, least_confident=max(learnt.least_confident, gate.LEAST_CONFIDENT), least_typical=_ANY
        ),
        known=tuple(key_of(lower[at]) for at in positions),
        known_categories=np.where(own < 0, len(categories), own).astype(np.int32),
        boilerplate=text.read.removed,
        model_id=text.encoders.static.model_id,
    )
