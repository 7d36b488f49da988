"""A model's review of the upper level: names for the groups code found, or other groups if the data bears them out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.synthesis import figures
from rlm_pipeline.taxonomy import distinctiveness, hierarchy, lineage
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.hierarchy import Parents
from rlm_pipeline.taxonomy.review import asked, naming_checked, regrouping, shown
from rlm_pipeline.taxonomy.review.answer import OfUpperLevel
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.review.naming_checked import said_of
from rlm_pipeline.taxonomy.review.record import Record, quoted
from rlm_pipeline.taxonomy.review.regrouping import Regrouping
from rlm_pipeline.taxonomy.review.reviewed import Given, Said, kept
from rlm_pipeline.taxonomy.review.shown import Draft
from rlm_pipeline.taxonomy.tree import Clustered

ANSWER_TOKENS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Upper:
    """Parents of the categories, if any, and a model's words for them by number."""

    parents: Parents | None
    said: Mapping[int, Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """Groups of categories: `of` (K,) is the group of each, -1 for none; `draft` has them as categories of their own.

    `labels` (n,) are the groups of all statements, -1 for none.
    """

    of: Labels
    labels: Labels
    draft: Draft

    @property
    def names(self) -> list[str]:
        """Code's own names of the groups."""
        return [each.name for each in self.draft.names]

    def leaves(self, group: int) -> list[int]:
        """The categories of a group."""
        return [int(each) for each in np.flatnonzero(self.of == group)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the answer is about: the categories, their names, the groups that code found, and where names are tried."""

    leaves: Draft
    names: Mapping[int, str]
    grouping: Regrouping
    level: _Level | None
    space: Space


def review(
    found: Clustered, leaves: Draft, said: Mapping[int, Said], *, space: Space, reviewer: Reviewer, record: Record
) -> Upper | str:
    """Ask about the upper level of categories whose names are `said`, or code's; a reason where it cannot be asked.

    Few categories need no upper level, and are not asked about.
    """
    if found.cut.categories < hierarchy.FEWEST_CATEGORIES:
        return Upper(parents=None, said={})
    names = {number: said[number].name if number in said else each.name for number, each in enumerate(leaves.names)}
    grouping = Regrouping(found.path, found.cut, found.vectors, found.seed)
    level = _level(leaves, grouping.found.of) if grouping.found else None
    about = _Asked(leaves=leaves, names=names, grouping=grouping, level=level, space=space)
    prompt = reviewer.prompt(asked.UPPER_LEVEL)
    told = "\n\n".join(_told(about, reviewer.question))
    request = reviewer.request(prompt, told, OfUpperLevel, room=ANSWER_TOKENS, label="the upper level")
    replied = reviewer.ask([request])
    if replied.unasked:
        return replied.unasked
    reply = replied.replies[0]
    if isinstance(reply.value, OfUpperLevel):
        upper = _regrouped(about, reply.value, record) or _named(about, reply.value, record)
    else:
        record.not_made.append(f"the upper level: {reply.reason}")
        upper = Upper(parents=grouping.found, said={})
    return _with_earlier(found, upper, record)


def _level(leaves: Draft, of: Labels) -> _Level:
    labels: Labels = of[leaves.labels]
    inside = np.flatnonzero(labels >= 0)
    texts = [leaves.texts[at] for at in inside.tolist()]
    return _Level(of=of, labels=labels, draft=Draft(texts=texts, vectors=leaves.vectors[inside], labels=labels[inside]))


def _told(about: _Asked, question: str) -> Iterator[str]:
    if question:
        yield f"What the reader wants to know: {question}"
    everything = range(len(about.names))
    alone: Sequence[int] = everything
    if about.level:
        for group in range(len(about.level.names)):
            yield f"{shown.group_id(group)}: {about.level.draft.size(group):,} statements\n{_lines(about, group)}"
        alone = [leaf for leaf in everything if about.level.of[leaf] < 0]
    if alone:
        yield f"no group\n{_fenced(about, alone)}"


def _lines(about: _Asked, group: int) -> str:
    return _fenced(about, about.level.leaves(group) if about.level else ())


def _fenced(about: _Asked, leaves: Sequence[int]) -> str:
    return fence("\n".join(shown.line(about.leaves, leaf, about.names[leaf]) for leaf in leaves))


def _regrouped(about: _Asked, answer: OfUpperLevel, record: Record) -> Upper | None:
    """The groups that the model proposes; None where it proposes none or they are refused."""
    if not answer.groups:
        return None
    place = {shown.id_of(number): number for number in about.names}
    groups = [[place.get(each.strip()) for each in group.categories] for group in answer.groups]
    change = f"group {len(about.names)} categories anew: {', '.join(quoted(each.name) for each in answer.groups)}"
    taken = regrouping.malformed(groups, len(about.names)) or about.grouping.accepted(groups)
    if isinstance(taken, str):
        record.refuse(change, taken)
        return None
    level = _level(about.leaves, taken.of)
    proposed = {number: said_of(each.name, each.definition) for number, each in enumerate(answer.groups)}
    said = _checked(about, level, proposed, record)
    names = [said[number].name if number in said else name for number, name in enumerate(level.names)]
    if about.level and regrouping.told_apart(about.space, level.labels, names) < regrouping.told_apart(
        about.space, about.level.labels, about.level.names
    ):
        record.refuse(change, regrouping.LESS_DISTINCTIVE)
        return None
    record.accept(change)
    return Upper(parents=taken, said=said)


def _named(about: _Asked, answer: OfUpperLevel, record: Record) -> Upper:
    """The groups that code found, in the model's words."""
    place = {shown.group_id(number): number for number in range(len(about.level.names))} if about.level else {}
    proposed = naming_checked.by_number(answer.names, place, record)
    said = _checked(about, about.level, proposed, record) if about.level else {}
    if said:
        record.accept(f"name {len(said)} of {len(place)} groups")
    return Upper(parents=about.grouping.found, said=said)


def _checked(about: _Asked, level: _Level, said: Mapping[int, Said], record: Record) -> dict[int, Said]:
    siblings = distinctiveness.siblings(about.space, level.labels)
    return naming_checked.checked(
        said, level.names, lambda group: _given(about, level, group), siblings, record, taken=about.names.values()
    )


def _given(about: _Asked, level: _Level, group: int) -> Given:
    leaves = level.leaves(group)
    return Given(
        text=_fenced(about, leaves),
        figures=(figures.count(len(leaves)), figures.count(level.draft.size(group))),
    )


def _with_earlier(found: Clustered, upper: Upper, record: Record) -> Upper:
    """With the words of an earlier run for parents that go on."""
    if upper.parents is None:
        return upper
    written = found.statements["statement"].to_list()
    above = upper.parents.of[found.cut.labels]
    descent = lineage.parents(found.past, written, above, len(upper.parents.stability))
    return replace(upper, said=naming_checked.with_earlier(upper.said, kept(descent), record))
