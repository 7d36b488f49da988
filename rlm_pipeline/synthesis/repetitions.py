"""Findings of models that say nearly the same in other words: told apart by vector, never merged.

Leader clustering: the findings come in the order of how often they were made; each joins the most similar of the
leaders before it, or leads a group of its own. Every member is like the leader itself, so groups do not chain from
likeness to likeness. Wordings that contradict each other are never together, however alike their vectors: one denies
and the other does not, or their verdicts differ.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from rlm_pipeline import fingerprint
from rlm_pipeline.retrieval import encoders
from rlm_pipeline.synthesis import readings as readings_of
from rlm_pipeline.synthesis import scopes
from rlm_pipeline.synthesis.document import ReadFinding, Repetition

SIMILAR = 0.8
"""Cosine of two summaries' static vectors, in lower case, from which they say the same. Measured on sentences such as
analysts write: of those that differ in one thing said none was above .75, of paraphrases six of ten were above .8."""

VERDICTS = ("confirmed", "dismissed", "unsure")
_VERDICT = re.compile(rf"(?:{'|'.join(VERDICTS)}): ")
_DENIES = re.compile(r"\b(?:no|not|never|none|without|cannot|neither|nor|\w+n['\u2019]t)\b", re.IGNORECASE)

Key = tuple[str, ...]


def derive(readings: Sequence[ReadFinding]) -> tuple[Repetition, ...]:
    """The groups of two or more, those of most occurrences first."""
    by_key: dict[Key, list[ReadFinding]] = {}
    for each in sorted(readings, key=_order):
        by_key.setdefault(_key(each), []).append(each)
    several = {key: group for key, group in sorted(by_key.items()) if len(group) > 1}
    if not several:
        return ()
    found = [one for key, group in several.items() for one in _of_key(key, group)]
    return tuple(sorted(found, key=lambda each: (-each.occurrences, -each.total, each.id)))


def verdict(found: ReadFinding) -> str:
    """What most occurrences say of a finding of code; empty for a finding of the model's own."""
    counts = {each: found.distribution.get(each, 0) for each in VERDICTS}
    return max(VERDICTS, key=lambda each: counts[each]) if any(counts.values()) else ""


def by_member(repetitions: Iterable[Repetition]) -> dict[str, Repetition]:
    """The group of every finding that is in one, by the finding's id."""
    return {member: group for group in repetitions for member in group.members}


def _key(found: ReadFinding) -> Key:
    denies = "denies" if _DENIES.search(found.summary) else ""
    return (found.analyst, found.type, scopes.family(found.analyst, found.scope), verdict(found), denies)


def _order(found: ReadFinding) -> tuple[int, int, str, str]:
    return (-found.occurrences, -found.total, found.summary, found.id)


def _of_key(key: Key, group: Sequence[ReadFinding]) -> list[Repetition]:
    texts = [readings_of.normalised(_VERDICT.sub("", each.summary, count=1)) for each in group]
    vectors = encoders.open_encoder("static").encode(texts)
    leading = np.empty_like(vectors)
    members: list[list[int]] = []
    cosines: list[list[float]] = []
    for place, vector in enumerate(vectors):
        # Rounded, so that a difference in the last bit decides nothing.
        likeness = (leading[: len(members)] @ vector).astype(np.float64).round(4)
        nearest = int(likeness.argmax()) if members else 0
        if members and likeness[nearest] >= SIMILAR:
            members[nearest].append(place)
            cosines[nearest].append(float(likeness[nearest]))
        else:
            leading[len(members)] = vector
            members.append([place])
            cosines.append([])
    found = ((places, alike) for places, alike in zip(members, cosines, strict=True) if alike)
    return [_repetition(key, [group[place] for place in places], min(alike)) for places, alike in found]


def _repetition(key: Key, group: Sequence[ReadFinding], similarity: float) -> Repetition:
    leader = group[0]
    return Repetition(
        id=fingerprint.short("repetition", leader.id, *sorted(each.id for each in group)),
        analyst=leader.analyst,
        type=leader.type,
        family=key[2],
        leader=leader.id,
        members=tuple(each.id for each in group),
        similarity=similarity,
        occurrences=sum(each.occurrences for each in group),
        total=sum(each.total for each in group),
    )
