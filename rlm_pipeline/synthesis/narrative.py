"""A model's account of merged findings: what it is asked, and what is kept of its answer.

The model names, explains and weighs; every number is code's. So a sentence is kept only if it rests on facts that were
given, and states no number but theirs; what is taken out stands beside, with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rlm_pipeline.analysis import fencing
from rlm_pipeline.synthesis import figures
from rlm_pipeline.synthesis.answer import Dropped, NamedTheme, Narrative, Resolution, Sentence
from rlm_pipeline.synthesis.document import MergedFindings
from rlm_pipeline.synthesis.facts import Fact

__all__ = ["Narrative", "checked", "prompt"]

NO_FACTS = "rests on no fact"
UNKNOWN_FACT = "names a fact that was not given"
OTHER_FIGURE = "states a number that is not in its facts"
UNKNOWN_THEME = "names a theme that was not given"
UNKNOWN_CONFLICT = "names a conflict that was not given"
SAID_TWICE = "is answered a second time"
NO_REASON = "takes a side without a reason that holds"
EMPTY = "says nothing"


def prompt(facts: Sequence[Fact], question: str) -> str:
    """What the synthesiser is told: the question if any, the facts within a fence, themes and conflicts by id."""
    parts = [f"What the reader wants to know: {question.strip()}"] if question.strip() else []
    parts.append("Facts:\n" + fencing.fence("\n".join(fact.line for fact in facts)))
    parts += _listed("Themes, by id, with the facts that belong to each:", _by_theme(facts))
    conflicts = {fact.subject: [fact.id] for fact in facts if fact.about == "conflict"}
    parts += _listed("Conflicts, by id, with the fact that gives both sides in order:", conflicts)
    return "\n\n".join(parts)


def checked(narrative: Narrative, facts: Sequence[Fact], merged: MergedFindings) -> Narrative:
    """The answer without what the facts do not bear out; `dropped` says what that was and why.

    A theme whose name states a number that is not in its facts keeps the title that code gave it. A resolution that
    takes a side for no reason that holds is left undecided.
    """
    check = _Check(facts={fact.id: fact for fact in facts})
    by_theme = _by_theme(facts)
    titles = {theme.id: theme.title for theme in merged.themes if theme.id in by_theme}
    given = {conflict.id for conflict in merged.conflicts} & {fact.subject for fact in facts}
    return Narrative(
        summary=check.sentences(narrative.summary, "summary"),
        themes=tuple(_themes(narrative, check, titles, by_theme)),
        conflicts=tuple(_conflicts(narrative, check, given)),
        dropped=tuple(check.dropped),
    )


@dataclass(kw_only=True)
class _Check:
    facts: Mapping[str, Fact]
    dropped: list[Dropped] = field(default_factory=list)

    def sentences(self, said: Sequence[Sentence], where: str) -> tuple[Sentence, ...]:
        """Those that hold."""
        return tuple(each for each in said if self._keeps(where, each.text, self._problem(each)))

    def _keeps(self, where: str, text: str, problem: str) -> bool:
        if problem:
            self.drop(where, text, problem)
        return not problem

    def drop(self, where: str, text: str, reason: str) -> None:
        """Note what is taken out."""
        self.dropped.append(Dropped(where=where, text=text, reason=reason))

    def is_borne_out(self, text: str, ids: Sequence[str]) -> bool:
        """Whether every number of a text stands in these facts."""
        rests_on = [self.facts[each] for each in ids]
        given = [figure for fact in rests_on for figure in fact.figures]
        return not figures.unsupported(text, [fact.text for fact in rests_on], given)

    def _problem(self, said: Sentence) -> str:
        if not said.text.strip():
            return EMPTY
        if not said.facts:
            return NO_FACTS
        if not set(said.facts) <= self.facts.keys():
            return UNKNOWN_FACT
        return "" if self.is_borne_out(said.text, said.facts) else OTHER_FIGURE


def _themes(
    narrative: Narrative, check: _Check, titles: Mapping[str, str], by_theme: Mapping[str, Sequence[str]]
) -> Iterator[NamedTheme]:
    seen: set[str] = set()
    for each in narrative.themes:
        where = f"theme {each.theme}"
        if each.theme not in titles or each.theme in seen:
            check.drop(where, each.name, SAID_TWICE if each.theme in seen else UNKNOWN_THEME)
            continue
        seen.add(each.theme)
        name = each.name.strip()
        if not name or not check.is_borne_out(name, by_theme[each.theme]):
            check.drop(where, each.name, OTHER_FIGURE if name else EMPTY)
            name = titles[each.theme]
        yield NamedTheme(theme=each.theme, name=name, explanation=check.sentences(each.explanation, where))


def _conflicts(narrative: Narrative, check: _Check, given: set[str]) -> Iterator[Resolution]:
    seen: set[str] = set()
    for each in narrative.conflicts:
        where = f"conflict {each.conflict}"
        if each.conflict not in given or each.conflict in seen:
            check.drop(where, each.supports, SAID_TWICE if each.conflict in seen else UNKNOWN_CONFLICT)
            continue
        seen.add(each.conflict)
        reasons = check.sentences(each.reasons, where)
        supports = each.supports
        if supports != "undecided" and not reasons:
            check.drop(where, supports, NO_REASON)
            supports = "undecided"
        yield Resolution(conflict=each.conflict, supports=supports, reasons=reasons)


def _by_theme(facts: Sequence[Fact]) -> dict[str, list[str]]:
    """The themes that have a fact of their own, with all facts that belong to them."""
    told = {fact.subject: list[str]() for fact in facts if fact.about == "theme"}
    for fact in facts:
        for theme in fact.themes:
            if theme in told:
                told[theme].append(fact.id)
    return told


def _listed(heading: str, ids: Mapping[str, Sequence[str]]) -> list[str]:
    lines = [f"{identity}: {', '.join(facts)}" for identity, facts in ids.items()]
    return ["\n".join([heading, *lines])] if lines else []
