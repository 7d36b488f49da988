"""What is told of a partition, decided once from its survey: of each type of finding the most telling paths."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from rlm_pipeline.analysis.json_analyst import enumerations, formats, ids, oddities, shapes, type_mixes
from rlm_pipeline.analysis.json_analyst.gaps import FILLED, GapTopic
from rlm_pipeline.analysis.json_analyst.kinds import ARRAY, INTEGER, KIND_NAMES, NUMBER, STRING
from rlm_pipeline.analysis.json_analyst.nesting import LengthTopic, OverviewTopic
from rlm_pipeline.analysis.json_analyst.outliers import OutlierTopic
from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.survey import Survey, Surveyed
from rlm_pipeline.analysis.json_analyst.telling import Topic
from rlm_pipeline.analysis.json_analyst.written import plain

MOST_PATHS: Final = 40
"""Paths told by one type of finding; those beyond are counted in the overview."""

Plan = dict[Node, list[Topic]]
_Ranked = list[tuple[float, Surveyed, Topic]]

_RARE_TYPE = 0.01
_FEW_VALUES = 3  # that may well be as frequent as those of another path by chance
_MANY_SHAPES = 12  # of the objects above, from which on it is no news that a key is absent
_ABSENT_KEYS = 8  # of such objects that are told all the same
_MOST_ENTROPY = 100.0  # bits, more than any path has
_FEWEST_TYPED = 100
_NO_MEASURE = frozenset(
    [
        "id",
        "ids",
        "iid",
        "uid",
        "no",
        "nr",
        "num",
        "number",
        "code",
        "zip",
        "phone",
        "year",
        "port",
        "version",
        "timestamp",
    ]
)


def plan(survey: Survey, root: Node) -> Plan:
    """What is told of which path."""
    chosen: Plan = {}
    firsts: dict[int, Counter[str]] = {}
    _count(firsts, survey.paths.values(), "paths")
    for name, find in _TYPES.items():
        ranked = sorted(find(survey), key=lambda each: (-each[0], len(each[1].node.steps), each[1].node.scope))
        told = [path for score, path, _ in ranked if score > -math.inf][:MOST_PATHS]
        for _, path, topic in ranked[: len(told)]:
            chosen.setdefault(path.node, []).append(topic)
        _count(firsts, (path for _, path, _ in ranked[len(told) :]), f"untold_{name}")
    chosen.setdefault(root, []).append(OverviewTopic(deepest=survey.deepest, firsts=firsts))
    return chosen


def _count(firsts: dict[int, Counter[str]], paths: Iterable[Surveyed], name: str) -> None:
    for path in paths:
        firsts.setdefault(path.first, Counter())[name] += 1


def entropy(counts: Iterable[int]) -> float:
    """Shannon entropy in bits."""
    found = [count for count in counts if count]
    total = sum(found)
    return float(-sum(count / total * math.log2(count / total) for count in found))


def _coverage(survey: Survey, path: Surveyed) -> float:
    """The share of the records that have the path; deep paths count less, as they are many."""
    return path.records / max(1, survey.records) / math.sqrt(len(path.node.steps or (0,)))


def _shapes(survey: Survey) -> _Ranked:
    found: _Ranked = []
    for path in survey.paths.values():
        counts = path.shapes.counts
        if len(counts) > 1 or (counts and not path.node.steps):
            topic = shapes.topic(path.node.scope, path.shapes, survey.decided(path))
            score = entropy(counts.values()) * _coverage(survey, path) if path.node.steps else math.inf
            found.append((score, path, topic))
    return found


def _values(survey: Survey) -> _Ranked:
    """Paths of few values; last those whose values only stand for those of another path beside them."""
    found: _Ranked = []
    alike: dict[tuple[Node | None, tuple[int, ...]], _Ranked] = {}
    for path in survey.paths.values():
        counts = path.values.counts
        if counts and 1 < len(counts) <= enumerations.VALUES_PER_RECORD * sum(counts.values()):
            score = entropy(counts.values()) * _coverage(survey, path) * _telling(path)
            topic = enumerations.topic(path.node.scope, counts, mixed=bool(path.strings) and _not_strings(path) > 0)
            alike.setdefault((path.node.above, tuple(sorted(counts.values()))), []).append((score, path, topic))
    for (_, counted), group in alike.items():
        first = min(group, key=lambda each: (-each[0], sum(map(len, each[2].labels)), each[1].node.scope))
        same = len(counted) > _FEW_VALUES
        found += [
            (score - _MOST_ENTROPY if same and path is not first[1] else score, path, topic)
            for score, path, topic in group
        ]
    return found


def _telling(path: Surveyed) -> float:
    """What a bit is worth: much where values are words again and again, little where they are marks of some format."""
    if ids.is_id(path.node) or 2 * path.formats[:-1].sum() > path.strings:
        return 0.25
    return 2.0 if enumerations.is_enumeration(path.values.counts or {}) else 1.0


def _not_strings(path: Surveyed) -> int:
    return int(path.types.sum()) - path.strings


def _types(survey: Survey) -> _Ranked:
    found: _Ranked = []
    for path in survey.paths.values():
        counts = path.types.tolist()
        if sum(bool(count) for count in type_mixes.of_types(counts).values()) > 1:
            score = sum(counts) - max(type_mixes.of_types(counts).values())
            rank = float(score) if not type_mixes.only_numbers(counts) else -1 / (1 + score)
            found.append((rank, path, type_mixes.TypeTopic(scope=path.node.scope, whole=tuple(counts))))
    return found


def _gaps(survey: Survey) -> _Ranked:
    found: _Ranked = []
    absent: list[tuple[float, Surveyed]] = []
    for path in survey.paths.values():
        counts = path.states.copy()
        counts[2] += survey.absent(path)
        filled, total = int(counts[FILLED]), int(counts.sum())
        if filled < total:
            weight = total / max(1, survey.records) / math.sqrt(len(path.node.steps or (0,)))
            score = (entropy([filled, total - filled]) + 0.01) * min(1.0, weight)
            if path.node.above is not None and total - filled == survey.absent(path):
                varied = len(survey.paths[path.node.above].shapes.counts) > _MANY_SHAPES
                absent += [(score, path)] if varied else []
            found.append((score, path, GapTopic(scope=path.node.scope, whole=tuple(counts.tolist()))))
    untold = _beyond_some(absent)
    return [(-math.inf if path in untold else score, path, topic) for score, path, topic in found]


def _beyond_some(absent: list[tuple[float, Surveyed]]) -> set[Surveyed]:
    """Of keys that are only absent from objects of many shapes, which is no news, all but a few of each path above."""
    told: Counter[Node | None] = Counter()
    beyond: set[Surveyed] = set()
    for _, path in sorted(absent, key=lambda each: (-each[0], each[1].node.scope)):
        told[path.node.above] += 1
        if told[path.node.above] > _ABSENT_KEYS:
            beyond.add(path)
    return beyond


def _lengths(survey: Survey) -> _Ranked:
    found: _Ranked = []
    for path in survey.paths.values():
        counts = path.lengths.tolist()
        if sum(counts) > 1 and sum(bool(count) for count in counts) > 1:
            is_map = path.node.is_map
            scope = f"{path.node.scope}{'.*' if is_map else '[*]'}"
            topic = LengthTopic(scope=scope, longest=path.longest, what="map" if is_map else "array")
            found.append((entropy(counts) * _coverage(survey, path), path, topic))
    return found


def _patterns(survey: Survey) -> _Ranked:
    """Constants and formats; formats with exceptions first, constants last."""
    found: _Ranked = []
    for path in survey.paths.values():
        counts, strings = path.values.counts, path.strings
        scope = path.node.scope
        if (
            counts
            and len(counts) == 1
            and "" not in counts
            and sum(counts.values()) >= formats.FEWEST
            and _only_scalars(path)
        ):
            constant = counts if _not_strings(path) else plain(counts)
            topic: Topic = enumerations.ConstantTopic(scope=scope, labels=tuple(constant))
            found.append((_coverage(survey, path) - 1, path, topic))
        elif strings >= formats.FEWEST:
            usual = int(path.formats[:-1].argmax())
            alike = int(path.formats[usual])
            if alike >= formats.DOMINANT * strings:
                score = _coverage(survey, path) + (1 if alike < strings else 0)
                found.append((score, path, formats.FormatTopic(scope=scope, format=usual)))
    return _first_of_siblings(found)


def _first_of_siblings(found: _Ranked) -> _Ranked:
    """With those behind all others that say of a path the same as is said of one beside it."""
    seen: set[tuple[Node | None, tuple[str, ...]]] = set()
    ranked: _Ranked = []
    for score, path, topic in sorted(found, key=lambda each: (-each[0], each[1].node.scope)):
        said = (path.node.above, tuple(topic.labels))
        again = said in seen and score < 1
        seen.add(said)
        ranked.append((score - _MOST_ENTROPY if again else score, path, topic))
    return ranked


def _only_scalars(path: Surveyed) -> bool:
    return not path.objects and not path.types[ARRAY - STRING]


def _outliers(survey: Survey) -> _Ranked:
    found: _Ranked = []
    for path in survey.paths.values():
        words = _last_words(path.node)
        numbers = int(path.types[INTEGER - STRING] + path.types[NUMBER - STRING])
        if not numbers or words & _NO_MEASURE or 2 * path.dates > numbers:
            continue
        bounds = path.numbers.bounds()
        if bounds is not None:
            low, high = path.numbers.extremes
            far = max(bounds[0] - low, high - bounds[1], 0.0) / (bounds[1] - bounds[0])
            topic = OutlierTopic(scope=path.node.scope, low=bounds[0], high=bounds[1])
            found.append((far, path, topic))
    return found


def _last_words(node: Node) -> frozenset[str]:
    key = node.key or (node.above.key if node.above is not None and node.above.key else "")
    parts = "".join(letter if letter.islower() or letter.isdigit() else f" {letter}" for letter in key).lower()
    words = "".join(letter if letter.isalnum() else " " for letter in parts).split()
    return frozenset(words[-1:])


def _oddities(survey: Survey) -> _Ranked:
    checks: dict[Node, list[oddities.Check]] = {}
    for node, values in survey.ids.repeated().items():
        checks.setdefault(node, []).append(oddities.repeated(values))
    for node, key in survey.spellings().items():
        checks.setdefault(node, []).append(oddities.other_spelling(key))
    for node, (target, values) in survey.ids.lost().items():
        checks.setdefault(node, []).append(oddities.lost(values, target.scope))
    for node, path in survey.paths.items():
        checks.setdefault(node, []).extend(_of_path(path))
    return [
        (float(len(found)), survey.paths[node], oddities.OddTopic(scope=node.scope, checks=tuple(found)))
        for node, found in checks.items()
        if found
    ]


def _of_path(path: Surveyed) -> Iterable[oddities.Check]:
    types = type_mixes.of_types(path.types.tolist())
    typed = sum(types.values())
    if typed >= _FEWEST_TYPED:
        for kind in range(STRING, len(KIND_NAMES)):
            alike = kind in {INTEGER, NUMBER} and types["integer"] + types["number"] > _RARE_TYPE * typed
            if 0 < types[KIND_NAMES[kind]] <= _RARE_TYPE * typed and not alike:
                yield oddities.rare_type(kind)
    if path.order.direction:
        yield oddities.out_of_order(path.order.direction)
    dated = path.strings + path.dates
    for name in (formats.TIMESTAMP, formats.DATE):
        usual = formats.NAMES.index(name)
        if formats.FEWEST <= path.formats[usual] < dated and path.formats[usual] >= formats.DOMINANT * dated:
            yield oddities.other_date(usual)


_TYPES: Mapping[str, Callable[[Survey], _Ranked]] = {
    "anomaly": _oddities,
    "field_distribution": _values,
    "nesting": _lengths,
    "null_frequency": _gaps,
    "outlier": _outliers,
    "pattern": _patterns,
    "schema_variation": _shapes,
    "type_inconsistency": _types,
}
