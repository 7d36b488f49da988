"""Which columns under different names are one column: by name, by values and by place, one-to-one.

Confidence is a noisy-or of the three: `1 - (1 - name²) (1 - V) (1 - .3 place)`. Values count by how far they are these
columns' own: `V = (.4 + .55 d) values^(2 - d)`, where d is 1 if no other column of either partition is nearly as alike,
and 0 if another is just as alike. Names that the values contradict, names that say two things (`valid_from` and
`valid_to`), and columns with partitions between them are less sure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rlm_pipeline.profiling.matching.alignment import Aligned, Spelling
from rlm_pipeline.profiling.matching.candidates import Candidate
from rlm_pipeline.profiling.matching.places import Place, likeness, places

APPLIED = 0.7
"""Matches at least this sure are applied."""
UNSURE = 0.45
"""Matches at least this sure, and not applied, are listed for a person."""
MARGIN = 0.08
"""How much surer than any rival a match must be to be applied, unless the names alone decide."""
DECISIVE_NAME = 0.9
_FIRST_ROUND = 0.85
_PLACE_WEIGHT = 0.3
_CONTRADICTED, _OPPOSED = 0.75, 0.6
_GAP = 0.97

_Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A candidate with its place and how sure it is, 0..1."""

    candidate: Candidate
    place: float
    confidence: float

    @property
    def earlier(self) -> Spelling:
        """The column of the earlier partition."""
        return self.candidate.before, self.candidate.column

    @property
    def later(self) -> Spelling:
        """The column of the later partition."""
        return self.candidate.after, self.candidate.target

    @property
    def sentence(self) -> str:
        """The columns and the evidence in words."""
        found = self.candidate
        return f"{found.column!r} in {found.before} is {found.target!r} in {found.after}: {self.evidence}"

    @property
    def evidence(self) -> str:
        """The evidence in words."""
        found = self.candidate
        parts = [f"names {found.name:.2f} alike"] if found.name else ["other names"]
        if found.values:
            shared = "" if found.own >= 0.5 else ", nearly as alike to another column's"
            parts.append(f"values {found.values:.2f} alike{shared}")
        if self.place:
            parts.append("same place" if self.place >= 1 else "similar place")
        if found.contradicted:
            parts.append("but other values")
        if found.opposed:
            parts.append("but opposite names")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Columns after matching, and the matches that are left to a person, surest first."""

    columns: tuple[Aligned, ...]
    unsure: tuple[Match, ...]


def match(groups: Sequence[Aligned], names: Mapping[str, Sequence[str]], found: Iterable[Candidate]) -> Matched:
    """Join groups of columns that are surely one column.

    Args:
        groups: columns as aligned by name.
        names: partition -> its columns in order; partitions in order.
        found: candidates between the groups.

    """
    candidates = tuple(found)
    current = list(groups)
    matches = _matches(current, names, candidates)
    for sure in (_FIRST_ROUND, APPLIED):
        while chosen := _chosen(current, matches, sure):
            current = _joined(current, chosen, tuple(names))
            matches = _matches(current, names, candidates)
    rivals = _Rivals(current, matches)
    unsure = [each for pair, each in matches.items() if _is_open(pair, each, rivals)]
    unsure.sort(key=lambda each: (-each.confidence, each.candidate.column, each.candidate.target))
    return Matched(columns=tuple(current), unsure=tuple(unsure))


def _matches(
    groups: Sequence[Aligned], names: Mapping[str, Sequence[str]], candidates: Iterable[Candidate]
) -> dict[_Pair, Match]:
    """The surest match of each pair of groups, as sure as the pair's matches are on average.

    Two groups that take turns over the partitions meet more than once.
    """
    group_of = {spelling: at for at, group in enumerate(groups) for spelling in group.columns.items()}
    order = {partition: at for at, partition in enumerate(names)}
    headers = {partition: [group_of[partition, name] for name in columns] for partition, columns in names.items()}
    present = {partition: set(header) for partition, header in headers.items()}
    standing: dict[tuple[str, str], tuple[dict[int, Place], dict[int, Place]]] = {}
    found: dict[_Pair, list[Match]] = {}
    for each in candidates:
        pair = group_of[each.before, each.column], group_of[each.after, each.target]
        if pair[0] == pair[1] or not _adjoin(groups[pair[0]], groups[pair[1]], each, order):
            continue
        seam = each.before, each.after
        if seam not in standing:
            shared = present[each.before] & present[each.after]
            standing[seam] = places(headers[each.before], shared), places(headers[each.after], shared)
        before, after = standing[seam]
        scored = _scored(each, likeness(before[pair[0]], after[pair[1]]))
        found.setdefault((min(pair), max(pair)), []).append(scored)
    return {pair: _average(matches) for pair, matches in found.items()}


def _average(matches: Sequence[Match]) -> Match:
    surest = max(matches, key=lambda each: each.confidence)
    return replace(surest, confidence=round(sum(each.confidence for each in matches) / len(matches), 4))


def _adjoin(one: Aligned, other: Aligned, candidate: Candidate, order: Mapping[str, int]) -> bool:
    if not one.columns.keys().isdisjoint(other.columns) or (one.given is not None and other.given is not None):
        return False
    start, end = order[candidate.before], order[candidate.after]
    return not any(start < order[partition] < end for group in (one, other) for partition in group.columns)


def _scored(candidate: Candidate, place: float) -> Match:
    own = candidate.own
    values = (0.4 + 0.55 * own) * candidate.values ** (2 - own)
    doubt = (1 - candidate.name**2) * (1 - values) * (1 - _PLACE_WEIGHT * place)
    confidence = (1 - doubt) * _GAP**candidate.gap
    if candidate.contradicted:
        confidence *= _CONTRADICTED
    if candidate.opposed:
        confidence *= _OPPOSED
    return Match(candidate=candidate, place=place, confidence=round(confidence, 4))


def _chosen(groups: Sequence[Aligned], matches: Mapping[_Pair, Match], sure: float) -> list[tuple[_Pair, Match]]:
    """A one-to-one assignment of earlier to later groups; of it the matches at least `sure`, surest first."""
    from scipy.optimize import linear_sum_assignment

    if not any(each.confidence >= sure for each in matches.values()):
        return []
    begins = [min(group.columns) for group in groups]
    directed = {(x, y) if begins[x] <= begins[y] else (y, x): each for (x, y), each in matches.items()}
    left, right = (sorted({pair[side] for pair in directed}) for side in (0, 1))
    row, column = ({group: at for at, group in enumerate(side)} for side in (left, right))
    table = np.zeros((len(left), len(right)))
    for (x, y), each in directed.items():
        table[row[x], column[y]] = each.confidence
    assigned = {(left[x], right[y]) for x, y in zip(*linear_sum_assignment(table, maximize=True), strict=True)}
    rivals = _Rivals(groups, matches)
    chosen = [
        (pair, each) for pair, each in directed.items()
        if each.confidence >= sure and pair in assigned and rivals.stands_out(pair, each)
    ]  # fmt: skip
    return sorted(chosen, key=lambda found: (-found[1].confidence, found[0]))


class _Rivals:
    """Matches that cannot both hold: of one column, with two that a partition has side by side."""

    def __init__(self, groups: Sequence[Aligned], matches: Mapping[_Pair, Match]) -> None:
        self._groups = groups
        self._of: dict[int, list[tuple[int, Match]]] = {}
        for (x, y), each in matches.items():
            self._of.setdefault(x, []).append((y, each))
            self._of.setdefault(y, []).append((x, each))

    def of(self, pair: _Pair) -> list[Match]:
        return [
            rival
            for one, other in (pair, pair[::-1])
            for third, rival in self._of.get(one, ())
            if third != other and not self._groups[third].columns.keys().isdisjoint(self._groups[other].columns)
        ]

    def stands_out(self, pair: _Pair, match: Match) -> bool:
        rivals = self.of(pair)
        name = match.candidate.name
        if name >= DECISIVE_NAME and all(rival.candidate.name < name for rival in rivals):
            return True
        return all(match.confidence >= rival.confidence + MARGIN for rival in rivals)


def _joined(groups: list[Aligned], chosen: Sequence[tuple[_Pair, Match]], partitions: Sequence[str]) -> list[Aligned]:
    current: dict[int, Aligned] = dict(enumerate(groups))
    now = list(range(len(groups)))
    for (x, y), each in chosen:
        one, other = current[now[x]], current[now[y]]
        apart = one.columns.keys().isdisjoint(other.columns) and (one.given is None or other.given is None)
        if one is other or not apart:
            continue
        columns = one.columns | other.columns
        joined = replace(
            one,
            columns={partition: columns[partition] for partition in partitions if partition in columns},
            confidence=min(one.confidence, other.confidence, each.confidence),
            evidence=(*one.evidence, *other.evidence, each.sentence),
            given=other.given if one.given is None else one.given,
        )
        gone = now[y]
        now = [now[x] if at == gone else at for at in now]
        current[now[x]] = joined
        del current[gone]
    return list(current.values())


def _is_open(pair: _Pair, match: Match, rivals: "_Rivals") -> bool:
    """Whether a person is asked: the match may be true and no rival is clearly surer."""
    best = max((rival.confidence for rival in rivals.of(pair)), default=0.0)
    return match.confidence >= UNSURE and match.confidence >= best - MARGIN
