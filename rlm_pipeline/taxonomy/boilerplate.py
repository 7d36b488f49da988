"""Sentences that statements repeat whatever they are about: greetings, signatures, closing formulas, disclaimers.

Frequency alone does not tell: what many people complain about is repeated too. A repeated sentence is boilerplate if
the rest of the statements that hold it is as mixed as all statements are. Measured as the mean cosine between those
rests, around the mean of all: boilerplate -.01 to .02, repeated matter .06 to 1.0, in seven sets of texts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.taxonomy.graph import Vectors

MINIMUM_SHARE = 0.004
MINIMUM_STATEMENTS = 10
_MIXED = 0.03
_WORDS_LEFT = 3
_WORDS_TO_KEEP = 2

_BREAK = re.compile(r"(?<=[.!?;])\s+|\s*\n\s*|\s+-\s+")
_NOT_WORD = re.compile(r"\W+")


def find(texts: Sequence[str], encoder: Encoder) -> tuple[str, ...]:
    """The boilerplate sentences of `texts` (distinct statements), in normal form, sorted."""
    split = [sentences(text) for text in texts]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, parts in enumerate(split):
        for part in {normal(each) for each in parts} - {""}:
            holders[part].append(number)
    least = max(MINIMUM_STATEMENTS, MINIMUM_SHARE * len(texts))
    repeated = {part: numbers for part, numbers in holders.items() if len(numbers) >= least}
    if not repeated:
        return ()
    centre = encoder.encode([text.lower() for text in texts]).mean(axis=0)
    return tuple(sorted(part for part in repeated if _is_mixed(part, repeated, split, encoder, centre)))


def without(text: str, boilerplate: frozenset[str]) -> str:
    """`text` on one line without boilerplate sentences; unchanged but for spacing if hardly a word would be left."""
    kept = " ".join(part for part in sentences(text) if normal(part) not in boilerplate) if boilerplate else text
    return " ".join((kept if len(kept.split()) >= _WORDS_TO_KEEP else text).split())


def sentences(text: str) -> list[str]:
    """Lines and sentences of a text, in order."""
    return [part for part in _BREAK.split(text) if part.strip()]


def normal(sentence: str) -> str:
    """A sentence by its words alone, in lower case."""
    return _NOT_WORD.sub(" ", sentence).strip().lower()


def _is_mixed(
    part: str,
    repeated: Mapping[str, Sequence[int]],
    split: Sequence[Sequence[str]],
    encoder: Encoder,
    centre: Vectors,
) -> bool:
    rests = (_rest(split[number], part) for number in repeated[part])
    enough = [rest for rest in rests if rest.count(" ") + 1 >= _WORDS_LEFT]
    return len(enough) >= MINIMUM_STATEMENTS and _mean_cosine(encoder.encode(enough) - centre) < _MIXED


def _rest(parts: Iterable[str], without_part: str) -> str:
    return " ".join(part for part in parts if normal(part) != without_part).lower()


def _mean_cosine(vectors: Vectors) -> float:
    """Mean cosine over all pairs of different rows, from the length of the sum of their directions."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    n = len(unit)
    return float(((unit.sum(axis=0) ** 2).sum() - n) / (n * (n - 1)))
