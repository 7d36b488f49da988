"""Themes of what specialists counted and models said: findings of one type, in one source, of one family of scopes.

What specialists counted has themes by type; code also by source, where something there deserves notice, and other
content by family of scopes (the first keys of a path, a chapter). What models said has themes by family of scopes, and
by meaning: the same said in other words. A theme has at least two findings.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis.observation import EVERY_COLUMN, Analyst, number_of, shown
from rlm_pipeline.synthesis import citing, said, scopes, wording
from rlm_pipeline.synthesis.document import By, Member, ReadFinding, Repetition, ScopeFindings, Theme

NAMED_SCOPES = 3
CITED = 3
LONGEST_SENTENCE = 240
"""Characters of each finding in a theme's summary."""

_Key = tuple[Analyst, By, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Voice:
    """One finding of a theme: how often it was made, and what it says."""

    found: ScopeFindings | ReadFinding
    times: int
    summary: str


def of_specialists(specialists: Iterable[ScopeFindings]) -> Iterator[Theme]:
    """The themes of what specialists counted."""
    grouped: dict[_Key, list[_Voice]] = {}
    for each in specialists:
        if each.scope == EVERY_COLUMN:
            continue  # the sum of the others
        voice = _Voice(found=each, times=each.findings, summary=wording.of_scope(each))
        for key in _keys(each):
            grouped.setdefault(key, []).append(voice)
    yield from _themes(grouped)


def of_readings(readings: Sequence[ReadFinding], groups: Iterable[Repetition]) -> Iterator[Theme]:
    """The themes of what models said."""
    by_id = {each.id: _Voice(found=each, times=each.occurrences, summary=each.summary) for each in readings}
    grouped: dict[_Key, list[_Voice]] = {}
    for group in groups:
        grouped[group.analyst, "meaning", group.id] = [by_id[member] for member in group.members]
    for each in readings:
        if family := scopes.family(each.analyst, each.scope):
            grouped.setdefault((each.analyst, "said", family), []).append(by_id[each.id])
    yield from _themes(grouped)


def _keys(found: ScopeFindings) -> Iterator[_Key]:
    yield (found.analyst, "type", found.type)
    if found.analyst == "code":
        yield from ((found.analyst, "source", source) for source in sorted({each.source for each in found.citations}))
    elif family := scopes.family(found.analyst, found.scope):
        yield (found.analyst, "family", family)


def _themes(grouped: Mapping[_Key, Sequence[_Voice]]) -> Iterator[Theme]:
    return (_theme(key, voices) for key, voices in sorted(grouped.items()) if _tells(key[1], voices))


def _tells(by: By, voices: Sequence[_Voice]) -> bool:
    # Of every source it is told what it imports and offers; that alone is no theme.
    return len(voices) > 1 and (by != "source" or any(voice.found.severity != "info" for voice in voices))


def _theme(key: _Key, voices: Sequence[_Voice]) -> Theme:
    analyst, by, name = key
    leading = sorted(voices, key=_weight)
    members: dict[str, Counter[str]] = {}
    for voice in voices:
        members.setdefault(voice.found.scope, Counter())[voice.found.type] += voice.times
    kinds = Counter(voice.found.type for voice in voices)
    cited = chain(*(voice.found.citations[:1] for voice in leading), leading[0].found.citations)
    return Theme(
        id=fingerprint.short("theme", analyst, by, name),
        analyst=analyst,
        by=by,
        title=_title(by, name, leading),
        summary=" ".join((_counted(kinds, len(members)), *(_sentence(voice) for voice in leading[:NAMED_SCOPES]))),
        severity=said.highest(voice.found.severity for voice in voices),
        members=tuple(
            Member(scope=scope, findings=dict(sorted(each.items()))) for scope, each in sorted(members.items())
        ),
        findings=sum(voice.times for voice in voices),
        citations=citing.ordered(islice(dict.fromkeys(cited), CITED)),
    )


def _weight(voice: _Voice) -> tuple[int, int, str, str]:
    found = voice.found
    return (-said.SEVERITIES.index(found.severity), -found.total, found.scope, found.id)


def _title(by: By, name: str, leading: Sequence[_Voice]) -> str:
    if by == "meaning":
        return shown(leading[0].summary, 100).strip("'")
    kinds = sorted({wording.kind_of(voice.found.type) for voice in leading})
    named = list(dict.fromkeys(voice.found.scope for voice in leading if voice.found.scope))
    if by == "type":
        return f"{kinds[0]}: {_listed(named, 1 if len(named) > NAMED_SCOPES else NAMED_SCOPES)}" if named else kinds[0]
    return f"{name}: {_listed(kinds, NAMED_SCOPES)}"


def _listed(names: Sequence[str], most: int) -> str:
    more = len(names) - most
    shorter = [shown(name).strip("'") for name in names[:most]]
    return ", ".join(shorter) + (f" and {more:,} more" if more > 0 else "")


def _counted(kinds: Mapping[str, int], members: int) -> str:
    named = ", ".join(f"{wording.kind_of(kind)} {count:,}" for kind, count in sorted(kinds.items()))
    return f"Found in {number_of(members, 'scope')} ({named})."


def _sentence(voice: _Voice) -> str:
    return f"{wording.shortened(voice.summary, LONGEST_SENTENCE).rstrip('.')}."
