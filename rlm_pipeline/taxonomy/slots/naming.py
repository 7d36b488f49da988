"""Names and definitions of a slot's categories: their own words, the most frequent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlm_pipeline.taxonomy.slots.slot import Slot
from rlm_pipeline.taxonomy.terms import shares_a_stem

KEYWORDS = 10
_IN_A_NAME = 3
_LEAST_OF_FIRST = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A category in words."""

    name: str
    definition: str
    keywords: tuple[str, ...]


def name_all(slot: Slot, held_by: Sequence[int], *, kept: Mapping[int, str], sampled: int) -> tuple[Named, ...]:
    """Name every category; `held_by` says how many of `sampled` statements hold each word, `kept` names some of them.

    A word is in one category only, so that no name is given twice.
    """
    return tuple(
        _named(slot, held_by, number, kept=kept.get(number, ""), sampled=sampled)
        for number in range(int(slot.categories.max()) + 1)
    )


def _named(slot: Slot, held_by: Sequence[int], number: int, *, kept: str, sampled: int) -> Named:
    own = [word for word in range(len(slot.words)) if slot.categories[word] == number]
    ranked = sorted(own, key=lambda word: (-held_by[word], slot.words[word]))
    frequent = [word for word in ranked if held_by[word] >= _LEAST_OF_FIRST * held_by[ranked[0]]]
    chosen: list[int] = []
    for word in frequent:
        if not any(shares_a_stem(slot.words[word], slot.words[other]) for other in chosen):
            chosen.append(word)
    name = ", ".join(slot.words[word] for word in chosen[:_IN_A_NAME])
    shares = ", ".join(f"“{slot.words[word]}” ({held_by[word] / sampled:.1%})" for word in ranked[:KEYWORDS])
    rest = len(ranked) - KEYWORDS
    more = f" and {rest} rarer {'word' if rest == 1 else 'words'}" if rest > 0 else ""
    return Named(
        name=kept or name[0].upper() + name[1:],
        definition=f"Statements that name {shares}{more}, and no word of another category; shares are of the "
        f"{sampled:,} sampled.",
        keywords=tuple(slot.words[word] for word in ranked[:KEYWORDS]),
    )
