"""A model's review of discovered categories: asked, checked change by change, and never worse than what code found."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlm_pipeline.llm.prompts import Prompt
from rlm_pipeline.llm.request import Reply, Request
from rlm_pipeline.taxonomy import distinctiveness, lineage
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.document import Review
from rlm_pipeline.taxonomy.review import asked, merging, naming_checked, recurrence, shown, upper_level, words
from rlm_pipeline.taxonomy.review.answer import OfSiblings
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.review.merging import Merged, Merging
from rlm_pipeline.taxonomy.review.naming_checked import said_of
from rlm_pipeline.taxonomy.review.record import Record, quoted, short
from rlm_pipeline.taxonomy.review.reviewed import Given, Reviewed, Said, kept
from rlm_pipeline.taxonomy.review.shown import Draft
from rlm_pipeline.taxonomy.tree import Clustered

MOST_TOGETHER = 20
"""Categories in one request."""
ANSWER_TOKENS = 4096

NO_ANSWER = "no answer could be used"
_UNSHOWN = "it names a category that was not shown"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What was answered about categories shown together, and the number of each by its id."""

    place: Mapping[str, int]
    answer: OfSiblings


def review(found: Clustered, space: Space, reviewer: Reviewer) -> Reviewed | Review:
    """What is left of a model's review of the categories; only a `Review` where all stays as code left it.

    Raises:
        ConfigurationError: a prompt file is absent or wrong.
        StoreError: the ledger cannot be written.

    """
    draft = Draft(texts=found.statements["text"].to_list(), vectors=found.vectors, labels=found.cut.labels)
    prompt = reviewer.prompt(asked.SIBLINGS)
    packs = together(draft)
    replied = reviewer.ask(list(requests(draft, packs, reviewer, prompt)))
    record = Record()
    answers = [] if replied.unasked else list(_answers(packs, replied.replies, record))
    if not answers:
        return _nothing_done(found, replied.unasked or record.why or NO_ANSWER, reviewer, prompt)
    tried = _merged(found, draft, answers, space, record)
    now = replace(found, cut=tried.cut(found.cut))
    leaves = replace(draft, labels=now.cut.labels)
    said = _names(leaves, answers, tried.merged, space, record)
    upper = upper_level.review(now, leaves, said, space=space, reviewer=reviewer, record=record)
    if isinstance(upper, str):
        # What the other answers change is not made either; the ledger keeps them until the rest can be asked.
        return _nothing_done(found, upper, reviewer, prompt)
    if said:
        record.accept(f"name {len(said)} of {now.cut.categories} categories")
    problems = _problems(answers, tried.merged, record)
    written = found.statements["statement"].to_list()
    said = naming_checked.with_earlier(said, kept(lineage.leaves(found.past, written, now.cut.labels)), record)
    logger.info("%s: %d changes made, %d refused", found.column.name, len(record.accepted), len(record.refused))
    return Reviewed(
        cut=now.cut,
        parents=upper.parents,
        leaves=said,
        groups=upper.said,
        problems=problems,
        review=record.review(reviewer.model_of(prompt), prompt),
    )


def together(draft: Draft) -> tuple[tuple[int, ...], ...]:
    """The categories of each request, similar ones in one."""
    parts = -(-len(draft.order) // MOST_TOGETHER)
    return tuple(tuple(int(each) for each in part) for part in np.array_split(np.array(draft.order), parts))


def requests(draft: Draft, packs: Sequence[Sequence[int]], reviewer: Reviewer, prompt: Prompt) -> Iterator[Request]:
    """One request for each pack."""
    for number, pack in enumerate(packs, start=1):
        told = [f"What the reader wants to know: {reviewer.question}"] if reviewer.question else []
        told += [shown.category(draft, each) for each in pack]
        yield reviewer.request(
            prompt,
            "\n\n".join(told),
            OfSiblings,
            room=ANSWER_TOKENS,
            label=f"{len(pack)} categories ({number} of {len(packs)})",
        )


def _nothing_done(found: Clustered, reason: str, reviewer: Reviewer, prompt: Prompt) -> Review:
    logger.warning("%s: the categories stay as code left them: %s", found.column.name, reason)
    record = Record(not_made=[reason])
    return record.review(reviewer.model_of(prompt), prompt)


def _answers(packs: Sequence[Sequence[int]], replies: Sequence[Reply], record: Record) -> Iterator[_Answered]:
    for pack, reply in zip(packs, replies, strict=True):
        if isinstance(reply.value, OfSiblings):
            yield _Answered(place={shown.id_of(each): each for each in pack}, answer=reply.value)
        else:
            record.not_made.append(f"{len(pack)} categories: {reply.reason}")


def _merged(found: Clustered, draft: Draft, answers: Sequence[_Answered], space: Space, record: Record) -> Merging:
    tried = Merging(draft, space, lambda: recurrence.again(found.path, found.cut, found.seed))
    used: set[int] = set()
    for each in answers:
        for merge in each.answer.merges:
            ids = [identity.strip() for identity in merge.ids]
            numbers = [each.place.get(identity) for identity in ids]
            parts = tuple(number for number in numbers if number is not None)
            said = said_of(merge.name, merge.definition)
            named = " and ".join(quoted(draft.names[part].name) for part in parts)
            reason = merging.malformed(ids, numbers, used) or words.problem(said, _given(draft, parts), words.Names())
            if not reason:
                used |= set(parts)
                reason = tried.attempt(parts, said)
            if reason:
                record.refuse(f"merge {named} into {quoted(said.name)}", reason)
            else:
                record.accept(f"merge {named} into {quoted(said.name)}")
    return tried


def _given(draft: Draft, parts: Sequence[int]) -> Given:
    each = [shown.given(draft, part) for part in parts]
    return Given(
        text="\n".join(one.text for one in each), figures=tuple(figure for one in each for figure in one.figures)
    )


def _names(
    leaves: Draft, answers: Sequence[_Answered], merged: Merged, space: Space, record: Record
) -> dict[int, Said]:
    """The model's words for the categories as they are after merges; for the parts of one that was merged, none."""
    said: dict[int, Said] = {}
    for each in answers:
        for part, words_ in naming_checked.by_number(each.answer.names, each.place, record).items():
            number = merged.number_of(part)
            if merged.parts[number] == (part,):
                said[number] = words_
    said |= {merged.parts.index(parts): words_ for parts, words_ in merged.said.items()}
    return naming_checked.checked(
        said,
        [name.name for name in leaves.names],
        lambda number: shown.given(leaves, number),
        distinctiveness.siblings(space, leaves.labels),
        record,
    )


def _problems(answers: Sequence[_Answered], merged: Merged, record: Record) -> dict[int, tuple[str, ...]]:
    """The criticism of each category, as text that is shown."""
    found: dict[int, list[str]] = {}
    for each in answers:
        for criticised in each.answer.criticism:
            part = each.place.get(criticised.id.strip())
            problem = short(words.cleaned(criticised.problem))
            if part is None or not problem:
                record.refuse(f"criticise {criticised.id}", _UNSHOWN if part is None else words.EMPTY)
            else:
                found.setdefault(merged.number_of(part), []).append(problem)
    return {number: tuple(dict.fromkeys(problems)) for number, problems in sorted(found.items())}
