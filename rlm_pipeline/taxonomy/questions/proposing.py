"""Questions about a text: those that are stored go on, others a model proposes, and code takes what can be asked."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.taxonomy.categorical import dimension_id
from rlm_pipeline.taxonomy.discovery import Read
from rlm_pipeline.taxonomy.document import Dimension, Question
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.questions.said import OfQuestions, Proposal
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.review.record import quoted, short
from rlm_pipeline.taxonomy.review.words import cleaned, essence

PROMPT, ANSWERS_PROMPT = "taxonomy_questions", "taxonomy_answers"
ANSWER_TOKENS = 2048
SHOWN, LONGEST_SHOWN = 60, 300
"""Statements in the sample that a model proposes from, and characters of each."""
MOST_CATEGORIES, LONGEST_KNOWN = 40, 80
"""Names of categories shown for each dimension, and characters of each."""
LONGEST_NAME, MOST_WORDS, LONGEST_QUESTION, LONGEST_REASON = 40, 4, 200, 300
MOST_TOLD = 12
"""Refused proposals that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question about a text, and the id of the dimension that it is or may become."""

    id: str
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Questions to ask, in order; `told` says what was refused, or why nothing was proposed."""

    questions: tuple[Asked, ...]
    told: str


def stored(past: Sequence[Dimension]) -> tuple[Asked, ...]:
    """The questions of stored dimensions, in their order, with what does not depend on answers."""
    return tuple(
        Asked(id=each.id, question=Question(**each.question.model_dump(include=_WORDING)))
        for each in past
        if each.question is not None
    )


def propose(
    read: Read,
    known: Mapping[str, Sequence[str]],
    labels: Labels | None,
    *,
    kept: Sequence[Asked],
    most: int,
    reviewer: Reviewer,
) -> Proposed:
    """Ask for questions beside those `kept`, up to `most` in all.

    `known` are the names of all dimensions that there are, with those of their categories where they are of this text;
    `labels` (n,) the categories of the statements in the first of these, by which the sample shown is spread.

    Raises:
        ConfigurationError: a prompt file is absent or wrong.
        StoreError: the ledger cannot be written.

    """
    prompt = reviewer.prompt(PROMPT)
    told = "\n\n".join(_told(read, known, labels, kept=kept, most=most - len(kept), question=reviewer.question))
    request = reviewer.request(
        prompt, told, OfQuestions, room=ANSWER_TOKENS, label=f"questions about {read.column.name}"
    )
    replied = reviewer.ask([request])
    if replied.unasked:
        return Proposed(questions=tuple(kept), told=f"no questions were proposed: {replied.unasked}")
    reply = replied.replies[0]
    if not isinstance(reply.value, OfQuestions):
        return Proposed(questions=tuple(kept), told=f"no questions were proposed: {reply.reason}")
    answers = reviewer.prompt(ANSWERS_PROMPT)
    taken, refused = _taken(reply.value.questions, [*known, *(each.question.name for each in kept)], most - len(kept))
    fresh = (
        Asked(
            id=identity(read.column.name, each.name),
            question=Question(
                name=each.name,
                question=each.question,
                why=each.why,
                proposed_by=reviewer.model_of(prompt),
                answered_by=reviewer.model_of(answers),
                prompt_version=answers.version,
            ),
        )
        for each in taken
    )
    return Proposed(questions=(*kept, *fresh), told=_refusals(refused))


def identity(column: str, name: str) -> str:
    """The id of the dimension that a question of this name about a column becomes."""
    return dimension_id(fingerprint.short("question", column, *sorted(essence(name))))


_WORDING = {"name", "question", "why", "proposed_by", "answered_by", "prompt_version"}


def _told(
    read: Read,
    known: Mapping[str, Sequence[str]],
    labels: Labels | None,
    *,
    kept: Sequence[Asked],
    most: int,
    question: str,
) -> Iterator[str]:
    if question:
        yield f"What the reader wants to know: {question}"
    yield f"Propose up to {most} questions about this text:\n{fence(read.column.name)}"
    lines = [_dimension(name, categories) for name, categories in known.items()]
    lines += [f"{each.question.name}: {each.question.question}" for each in kept]
    listed = "\n".join(lines)
    yield f"Dimensions that exist:\n{fence(listed)}"
    texts = read.statements["text"].to_list()
    shown = "\n".join(f"- {in_a_line(texts[at], LONGEST_SHOWN)}" for at in spread(labels, len(texts)))
    yield f"Statements:\n{fence(shown)}"


def _dimension(name: str, categories: Sequence[str]) -> str:
    if not categories:
        return name
    more = f" and {len(categories) - MOST_CATEGORIES} more" if len(categories) > MOST_CATEGORIES else ""
    return f"{name}: {'; '.join(in_a_line(each, LONGEST_KNOWN) for each in categories[:MOST_CATEGORIES])}{more}"


def in_a_line(text: str, longest: int) -> str:
    """A text in one line, cut where it is longer than that many characters."""
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def spread(labels: Labels | None, number: int) -> list[int]:
    """Positions of up to `SHOWN` of that many statements: of every category in turn the first, then second ones."""
    if labels is None:
        return list(range(min(SHOWN, number)))
    order = np.argsort(labels, kind="stable")
    rank = np.empty(number, dtype=np.int64)
    starts = np.searchsorted(labels[order], labels[order])
    rank[order] = np.arange(number) - starts
    return [int(each) for each in np.lexsort((np.arange(number), rank))[:SHOWN]]


def _taken(
    proposals: Sequence[Proposal], known: Sequence[str], most: int
) -> tuple[list[Proposal], list[tuple[str, str]]]:
    """Proposals that can be asked, cleaned, and the names of the others with what is wrong."""
    names = {essence(each) for each in known}
    asked: set[frozenset[str]] = set()
    taken: list[Proposal] = []
    refused: list[tuple[str, str]] = []
    for each in proposals:
        proposal = Proposal(name=cleaned(each.name), question=cleaned(each.question), why=cleaned(each.why))
        reason = problem(proposal, names, asked)
        if not reason and len(taken) == most:
            reason = "enough were proposed before it"
        if reason:
            refused.append((proposal.name, reason))
            continue
        names.add(essence(proposal.name))
        asked.add(essence(proposal.question))
        taken.append(proposal)
    return taken, refused


def problem(proposal: Proposal, names: set[frozenset[str]], asked: set[frozenset[str]]) -> str:
    """What is wrong with a proposal, or an empty string; `names` and `asked` are the words of what is taken."""
    name, question = proposal.name, proposal.question
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("it has no name in words", lambda: not _has_letters(name)),
        (
            f"its name has more than {LONGEST_NAME} letters or {MOST_WORDS} words",
            lambda: len(name) > LONGEST_NAME or len(name.split()) > MOST_WORDS,
        ),
        ("its name states a number", lambda: any(unicodedata.category(each)[0] == "N" for each in name)),
        ("it asks nothing in words", lambda: len(question.split()) < 2 or not _has_letters(question)),
        (f"it is longer than {LONGEST_QUESTION} letters", lambda: len(question) > LONGEST_QUESTION),
        (
            f"what it adds is not said in up to {LONGEST_REASON} letters",
            lambda: not _has_letters(proposal.why) or len(proposal.why) > LONGEST_REASON,
        ),
        ("a dimension has this name", lambda: essence(name) in names),
        ("it is asked already", lambda: essence(question) in asked),
    )
    return next((reason for reason, is_so in rules if is_so()), "")


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _refusals(refused: Sequence[tuple[str, str]]) -> str:
    if not refused:
        return ""
    told = [f"{quoted(short(name))}: {reason}" for name, reason in refused[:MOST_TOLD]]
    more = f"; and {len(refused) - MOST_TOLD:,} more" if len(refused) > MOST_TOLD else ""
    noun = "question" if len(refused) == 1 else "questions"
    return f"{len(refused):,} {noun} of a model are not asked: {'; '.join(told)}{more}"
