"""What has been found, gathered by batch into observations whose counts add up.

A finding speaks of one rule at one definition of one source; its scope is the source and the definition
(`app/db.py function:load`), its distribution the rule and how often it is broken there. A finding with the scope `*`
counts all rules of one type over the batch.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rlm_pipeline.analysis.code_analyst.hits import Hit, HitKind
from rlm_pipeline.analysis.code_analyst.stretches import Part, Stretch
from rlm_pipeline.analysis.observation import (
    EVERY_COLUMN,
    QUOTE_LENGTH,
    Evidence,
    Observation,
    Severity,
    number_of,
    quotable,
)
from rlm_pipeline.configuration import CodeMode

CITED = 3
"""Records cited by a finding."""

_LINES_TOLD = 5
_PLACE = re.compile(r"\{\w+\}")
_LABELS_TOLD = 4
_MOST_TOLD = 6
_SEVERITIES: tuple[Severity, ...] = ("info", "notice", "warning")
_NOUNS = {
    "antipattern": ("use of an antipattern", "uses of antipatterns"),
    "bug": ("likely bug", "likely bugs"),
    "complexity": ("function that is hard to follow", "functions that are hard to follow"),
    "dead_code": ("private definition that nothing names", "private definitions that nothing names"),
    "pattern": ("place with a pattern", "places with patterns"),
    "performance": ("place that may be slow", "places that may be slow"),
    "vulnerability": ("possible weakness", "possible weaknesses"),
}


@dataclass(slots=True)
class _Gathered:
    """Hits of one rule at one definition, or of one type in the batch."""

    counts: Counter[str] = field(default_factory=Counter)
    places: set[int] = field(default_factory=set)
    evidence: list[tuple[int, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    severity: Severity = "info"
    confidence: float = 0.0
    message: str = ""

    def add(self, hit: Hit, place: int, line: int, quote: str, cited: int) -> None:
        self.counts[hit.label] += 1
        self.places.add(place)
        if len(self.evidence) < cited and quote and (place, quote) not in self.evidence:
            self.evidence.append((place, quote))
        if len(self.lines) <= _LINES_TOLD:
            self.lines.append(line)
        if (_SEVERITIES.index(hit.severity), hit.confidence) > (_SEVERITIES.index(self.severity), self.confidence):
            self.severity, self.confidence, self.message = hit.severity, hit.confidence, hit.message


@dataclass(slots=True)
class Batch:
    """What is said about one batch so far; `start` is the place in the partition from which evidence is counted.

    `worst` are the worst hits of each mode and record, with the words that show them.
    """

    number: int
    start: int
    worst: dict[tuple[CodeMode, int], tuple[Hit, str]] = field(default_factory=dict)
    _hits: dict[tuple[HitKind, str, str, str], _Gathered] = field(default_factory=dict)
    _all: dict[HitKind, _Gathered] = field(default_factory=dict)
    _said: list[Observation] = field(default_factory=list)
    _summed: dict[tuple[str, str], "Sum"] = field(default_factory=dict)

    def add(self, hit: Hit, part: Part, stretch: Stretch) -> None:
        """Take in a hit in a record of this batch."""
        quote = stretch.quoted(hit.start, QUOTE_LENGTH) or quotable(stretch.text[part.start : part.end])
        line = stretch.line_at(hit.start)
        known = self.worst.get((hit.mode, part.place))
        if known is None or hit.rank < known[0].rank:
            self.worst[hit.mode, part.place] = hit, quote
        key = (hit.kind, stretch.source, part.scope, hit.label)
        self._hits.setdefault(key, _Gathered()).add(hit, part.place, line, quote, CITED)
        self._all.setdefault(hit.kind, _Gathered()).add(hit, part.place, line, quote, CITED)

    def sum(self, kind: HitKind, scope: str) -> "Sum":
        """The counts of a finding that is no hit of a rule: what a source imports, what a module offers."""
        return self._summed.setdefault((kind, scope), Sum())

    def observations(self) -> Iterator[Observation]:
        """Everything that is said about the batch."""
        for (kind, source, scope, _), gathered in self._hits.items():
            yield self._observation(kind, f"{source} {scope}", gathered, _sentence(gathered, source))
        for kind, gathered in self._all.items():
            if (kind, EVERY_COLUMN) in self._summed:
                continue  # all functions are counted, also those that are easy to follow
            one, many = _NOUNS[kind]
            told = ", ".join(f"{label} ({count:,})" for label, count in _ordered(gathered.counts)[:_LABELS_TOLD])
            more = " and others" if len(gathered.counts) > _LABELS_TOLD else ""
            number = number_of(gathered.counts.total(), one, many)
            where = number_of(len(gathered.places), "record")
            yield self._observation(kind, EVERY_COLUMN, gathered, f"{number} in {where}: {told}{more}")
        for (told, scope), each in self._summed.items():
            if each.counts and each.evidence:
                yield self._of_sum(told, scope, each)

    def _observation(self, kind: HitKind, scope: str, gathered: _Gathered, summary: str) -> Observation:
        return Observation(
            analyst="code",
            kind=kind,
            scope=scope,
            batch=self.number,
            summary=summary,
            total=len(gathered.places),
            numbers={},
            evidence=self._evidence(gathered.evidence),
            distribution=tuple(_ordered(gathered.counts)),
            severity=gathered.severity,
            confidence=gathered.confidence,
        )

    def _of_sum(self, kind: str, scope: str, each: "Sum") -> Observation:
        return Observation(
            analyst="code",
            kind=kind,
            scope=scope,
            batch=self.number,
            summary=each.summary(),
            total=len(each.places),
            numbers=dict(sorted(each.numbers.items())),
            evidence=self._evidence(each.evidence),
            distribution=tuple(_ordered(each.counts)),
        )

    def _evidence(self, cited: Sequence[tuple[int, str]]) -> tuple[Evidence, ...]:
        return tuple(Evidence(place=place - self.start, column="text", quote=quote) for place, quote in cited)


@dataclass(slots=True)
class Sum:
    """Counts of one finding.

    `told` is its sentence; in it `{values}` and `{counts}` are the most frequent values, without and with their
    counts, `{distinct}` and `{total}` numbers of them, `{names}` the first names.
    """

    told: str = "{counts}"
    names: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    places: set[int] = field(default_factory=set)
    evidence: list[tuple[int, str]] = field(default_factory=list)

    def add(self, value: str, place: int, quote: str, *, name: str = "") -> None:
        """Count a value in a record, whose words are evidence of it."""
        if name and len(self.names) <= _MOST_TOLD:
            self.names.append(name)
        self.counts[value] += 1
        self.places.add(place)
        if quote and len(self.evidence) < CITED:
            self.evidence.append((place, quote))

    def summary(self) -> str:
        """The sentence."""
        ordered = _ordered(self.counts)
        said = {
            "{values}": _listed([value for value, _ in ordered], len(ordered)),
            "{counts}": _listed([f"{value} ({count:,})" for value, count in ordered], len(ordered)),
            "{names}": _listed(self.names, self.counts.total()),
            "{distinct}": f"{len(ordered):,}",
            "{total}": f"{self.counts.total():,}",
        }
        return _PLACE.sub(lambda match: said.get(match[0], match[0]), self.told)


def _listed(values: Sequence[str], of: int) -> str:
    named = ", ".join(values[:_MOST_TOLD])
    return f"{named} and {of - _MOST_TOLD:,} more" if of > _MOST_TOLD else named


def _sentence(gathered: _Gathered, source: str) -> str:
    (label, count), *_ = gathered.counts.items()
    lines = ", ".join(str(line) for line in gathered.lines[:_LINES_TOLD])
    more = ", ..." if len(gathered.lines) > _LINES_TOLD else ""
    message = f"{gathered.message[:1].upper()}{gathered.message[1:]}"
    times = f"; {count:,} times" if count > 1 else ""
    return f"{message} ({label}{times}): {source}, line{'s' if count > 1 else ''} {lines}{more}"


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
