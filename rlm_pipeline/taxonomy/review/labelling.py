"""Statements labelled by a model: asked in batches, answered with the id of an offered category or `other`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.llm.request import Request
from rlm_pipeline.model import OTHER
from rlm_pipeline.taxonomy.document import Category, Dimension
from rlm_pipeline.taxonomy.review import asked, shown
from rlm_pipeline.taxonomy.review.answer import OfStatements
from rlm_pipeline.taxonomy.review.asked import EVERY_PARTITION, Reviewer

AT_ONCE = 40
"""Statements in one request."""
ANSWER_TOKENS = 2048
LONGEST_DEFINITION = 300

NONE = -2
"""The category of a statement of which a model says that none fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Categories by the position of their statement, `NONE` for none; `unasked` says why there are not more."""

    categories: dict[int, int]
    unasked: str


def offered(dimension: Dimension, ids: Sequence[str]) -> tuple[Category, ...]:
    """The categories of a dimension with these ids, in this order."""
    by_id = {category.id: category for category in dimension.categories}
    return tuple(by_id[each] for each in ids)


def label(
    statements: Sequence[str],
    dimension: Dimension,
    categories: Sequence[Category],
    reviewer: Reviewer,
    partition: str = EVERY_PARTITION,
) -> Labelled:
    """What a model says of each statement; nothing where it does not answer, or with an id that is not offered.

    Raises:
        ConfigurationError: the prompt file is absent or wrong.
        StoreError: the ledger cannot be written.

    """
    starts = range(0, len(statements), AT_ONCE)
    replied = reviewer.ask(list(requests(statements, dimension, categories, reviewer, partition)))
    place = {shown.id_of(number): number for number in range(len(categories))} | {OTHER: NONE}
    found: dict[int, int] = {}
    for start, reply in zip(starts, replied.replies, strict=False):
        if isinstance(reply.value, OfStatements):
            size = min(AT_ONCE, len(statements) - start)
            found |= {start + at: category for at, category in _usable(reply.value, size, place).items()}
    return Labelled(categories=found, unasked=replied.unasked)


def requests(
    statements: Sequence[str],
    dimension: Dimension,
    categories: Sequence[Category],
    reviewer: Reviewer,
    partition: str,
) -> Iterator[Request]:
    """One request for each batch; all are told the same categories, which a server keeps."""
    prompt = reviewer.prompt(asked.STATEMENTS)
    lines = [f"{shown.id_of(number)}: {_described(category)}" for number, category in enumerate(categories)]
    told = "\n".join(lines)
    beside = f"What the categories are about: {fence(dimension.name)}\nCategories:\n{fence(told)}"
    for start in range(0, len(statements), AT_ONCE):
        batch = statements[start : start + AT_ONCE]
        numbered = "\n".join(f"{number}. {shown.statement(text)}" for number, text in enumerate(batch, start=1))
        yield reviewer.request(
            prompt,
            fence(numbered),
            OfStatements,
            room=ANSWER_TOKENS,
            label=f"{len(batch)} statements of {dimension.facet}",
            partition=partition,
            beside=beside,
        )


def _described(category: Category) -> str:
    words = f"{category.name}. {category.definition}"
    return words if len(words) <= LONGEST_DEFINITION else f"{words[: LONGEST_DEFINITION - 1]}…"


def _usable(answer: OfStatements, size: int, place: dict[str, int]) -> dict[int, int]:
    """Categories by position from 0; of a statement that is answered about twice, none where the answers differ."""
    found: dict[int, set[int]] = {}
    for each in answer.labels:
        category = place.get(each.category.strip())
        if category is not None and 1 <= each.statement <= size:
            found.setdefault(each.statement - 1, set()).add(category)
    return {at: next(iter(said)) for at, said in found.items() if len(said) == 1}
