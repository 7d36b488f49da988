"""Names and definitions of categories, from the words that tell them from the others.

A term's weight in a category is its coverage there, times the logarithm of how much more often it occurs than in the
other categories together, or than in the most similar one: whichever is less. So siblings get different names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline.taxonomy.graph import Vectors
from rlm_pipeline.taxonomy.terms import Floats, Terms, shares_a_stem

KEYWORDS = 10
_FEWEST_TERMS, _MOST_TERMS = 2, 4
_PAIR_BONUS = 1.3
_LEAST_OF_BEST = 0.3
_SMOOTHING = 0.5
_DISTINCT = 3.0  # a term told from the nearest category is at least this many times as frequent


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """One category in words; keywords are in falling weight."""

    name: str
    definition: str
    keywords: tuple[str, ...]


def name_all(
    terms: Terms, centres: Vectors, *, taken: Sequence[str] = (), kept: Mapping[int, str] | None = None
) -> tuple[Naming, ...]:
    """Name and define every category, the largest first; no name is given twice, nor one of `taken`.

    `centres` (K, d) are the categories' mean directions; `kept` names some of them, but for a name that is taken.
    """
    nearest = _nearest(centres)
    weights = _weights(terms, nearest)
    used = {name.casefold() for name in taken}
    kept = {number: name for number, name in (kept or {}).items() if name.casefold() not in used}
    used |= {name.casefold() for name in kept.values()}
    named: list[Naming] = [Naming(name="", definition="", keywords=())] * len(centres)
    for category in np.argsort(-terms.sizes, kind="stable"):
        ranked = [int(term) for term in np.argsort(-weights[category], kind="stable") if weights[category, term] > 0]
        keywords = _keywords(ranked, terms)
        name = kept.get(int(category)) or _name(ranked, weights[category], terms, used)
        used.add(name.casefold())
        named[category] = Naming(name=name, definition="", keywords=keywords)
    return tuple(
        Naming(
            name=each.name,
            definition=_definition(number, named, terms, nearest),
            keywords=each.keywords,
        )
        for number, each in enumerate(named)
    )


def humanised(column: str) -> str:
    """A column's name as a person would write it: `issue_description` and `IssueDescription` -> Issue description."""
    spaced = "".join(
        f" {letter}" if letter.isupper() and number and column[number - 1].islower() else letter
        for number, letter in enumerate(column)
    )
    words = [word for word in spaced.replace("_", " ").replace(".", " ").split() if word]
    if not words:
        return column
    plain = [word if _is_abbreviation(word, column) else word.lower() for word in words]
    return " ".join([plain[0][0].upper() + plain[0][1:], *plain[1:]])


def _is_abbreviation(word: str, column: str) -> bool:
    return word.isupper() and not column.isupper()


def _nearest(centres: Vectors) -> NDArray[np.int64]:
    similar = centres @ centres.T
    np.fill_diagonal(similar, -np.inf)
    nearest: NDArray[np.int64] = similar.argmax(axis=1)
    return nearest


def _weights(terms: Terms, nearest: NDArray[np.int64]) -> Floats:
    holding, sizes = terms.holding, terms.sizes
    inside = (holding + _SMOOTHING) / (sizes[:, None] + 2 * _SMOOTHING)
    others = holding.sum(axis=0) - holding
    outside = (others + _SMOOTHING) / (sizes.sum() - sizes[:, None] + 2 * _SMOOTHING)
    beside = inside[nearest]
    lift = np.log(inside / np.maximum(outside, beside))
    pairs = np.array([_PAIR_BONUS if " " in text else 1.0 for text in terms.texts])
    weights: Floats = terms.coverage() * np.maximum(lift, 0.0) * pairs
    return weights


def _keywords(ranked: Sequence[int], terms: Terms) -> tuple[str, ...]:
    return tuple(terms.written[term] for term in _different(ranked, terms, limit=KEYWORDS))


def _name(ranked: Sequence[int], weights: Floats, terms: Terms, used: set[str]) -> str:
    chosen = _different(ranked, terms, limit=_MOST_TERMS + len(used))
    if not chosen:
        return _numbered("Unnamed", used)
    strong = [term for term in chosen if weights[term] >= _LEAST_OF_BEST * weights[chosen[0]]]
    first = min(max(_FEWEST_TERMS, len(strong)), _MOST_TERMS, len(chosen))
    for last in range(first, len(chosen) + 1):
        name = ", ".join(terms.written[term] for term in (*chosen[: first - 1], chosen[last - 1]))
        name = name[0].upper() + name[1:]
        if name.casefold() not in used:
            return name
    return _numbered(name, used)


def _numbered(name: str, used: set[str]) -> str:
    number = 2
    candidate = name
    while candidate.casefold() in used:
        candidate = f"{name} ({number})"
        number += 1
    return candidate


def _different(ranked: Sequence[int], terms: Terms, *, limit: int) -> list[int]:
    chosen: list[int] = []
    for term in ranked:
        if len(chosen) == limit:
            break
        if not any(shares_a_stem(terms.texts[term], terms.texts[other]) for other in chosen):
            chosen.append(term)
    return chosen


def _definition(number: int, named: Sequence[Naming], terms: Terms, nearest: NDArray[np.int64]) -> str:
    own = named[number]
    share = terms.sizes[number] / terms.sizes.sum()
    about = _listed([f"“{word}”" for word in own.keywords[:4]]) if own.keywords else "no words of their own"
    sentence = f"Statements marked by {about}: {share:.1%} of the {int(terms.sizes.sum()):,} sampled."
    if len(named) < 2:
        return sentence
    other = int(nearest[number])
    here, there = _apart(number, other, terms), _apart(other, number, terms)
    told = [f"{where} {_listed(found)}" for where, found in (("here", here), ("there", there)) if found]
    apart = f"; {', '.join(told)}" if told else ""
    return f"{sentence} Nearest is “{named[other].name}”{apart}."


def _apart(category: int, other: int, terms: Terms) -> list[str]:
    """The two terms most typical of `category` against `other`, with their coverage in both."""
    coverage = terms.coverage()
    difference = coverage[category] - coverage[other]
    ranked = [
        int(term)
        for term in np.argsort(-difference, kind="stable")[:KEYWORDS]
        if difference[term] > 0 and coverage[category, term] >= _DISTINCT * coverage[other, term]
    ]
    return [
        f"“{terms.written[term]}” ({coverage[category, term]:.0%} against {coverage[other, term]:.0%})"
        for term in _different(ranked, terms, limit=2)
    ]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
