"""Names and definitions that a model gives categories, each taken or refused by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from rlm_pipeline.taxonomy.distinctiveness import Siblings
from rlm_pipeline.taxonomy.review import words
from rlm_pipeline.taxonomy.review.answer import Named
from rlm_pipeline.taxonomy.review.record import Record, quoted
from rlm_pipeline.taxonomy.review.reviewed import Given, Said
from rlm_pipeline.taxonomy.review.words import Names

UNKNOWN = "it names a category that was not shown"
TWICE = "the category was named before"
SAID_OF_TWO = "the same name is given to two categories"
_DIGITS = 6
_ALLOWED = 0.01
"""Code's names are made of the very words of these statements, and often have no room above them."""
KEPT_ELSEWHERE = "a category that goes on from an earlier run has this name"


def said_of(name: str, definition: str) -> Said:
    """A model's words, without what is not seen."""
    return Said(name=words.cleaned(name), definition=words.cleaned(definition))


def by_number(named: Iterable[Named], place: Mapping[str, int], record: Record) -> dict[int, Said]:
    """What is said of each category that was shown, the first time it is named."""
    found: dict[int, Said] = {}
    for each in named:
        number = place.get(each.id.strip())
        if number is None or number in found:
            record.refuse(f"name {each.id} {quoted(each.name)}", UNKNOWN if number is None else TWICE)
        else:
            found[number] = said_of(each.name, each.definition)
    return found


def checked(
    said: Mapping[int, Said],
    before: Sequence[str],
    given: Callable[[int], Given],
    siblings: Siblings | None,
    record: Record,
    *,
    taken: Iterable[str] = (),
) -> dict[int, Said]:
    """The names that may stand, by category; `before` are code's own, `taken` names that none may have."""
    names = Names()
    for name in (*taken, *(own for number, own in enumerate(before) if number not in said)):
        names.add(name)
    twice = words.repeated(said)
    kept: dict[int, Said] = {}
    for number in sorted(said):
        each = said[number]
        reason = SAID_OF_TWO if number in twice and each.name else words.problem(each, given(number), names)
        if reason := reason or words.misfit(each, before[number], number, siblings):
            record.refuse(f"name {quoted(before[number])} {quoted(each.name)}", reason)
            continue
        names.add(each.name)
        kept[number] = each
    for number in _costly(kept, before, siblings):
        record.refuse(f"name {quoted(before[number])} {quoted(kept.pop(number).name)}", words.COSTLY)
    return kept


def _costly(kept: Mapping[int, Said], before: Sequence[str], siblings: Siblings | None) -> list[int]:
    """Where the mean distinctiveness over statements falls by more than is allowed: the names that lower it most."""
    if siblings is None:
        return []
    after = [kept[number].name if number in kept else name for number, name in enumerate(before)]
    sizes = np.bincount(siblings.labels[siblings.labels >= 0])
    change = np.round((siblings.scores(after) - siblings.scores(before)) * sizes, _DIGITS)
    by_loss = sorted(kept, key=lambda number: (change[number], number))
    total, dropped = float(change.sum()), list[int]()
    for number in by_loss:
        if total >= -_ALLOWED * sizes.sum():
            break
        total -= float(change[number])
        dropped.append(number)
    return dropped


def with_earlier(said: Mapping[int, Said], earlier: Mapping[int, Said], record: Record) -> dict[int, Said]:
    """With the words of an earlier run where a category goes on; no name is given to another one."""
    names = Names()
    for each in earlier.values():
        names.add(each.name)
    found = {number: each for number, each in said.items() if number not in earlier}
    for number in [number for number, each in found.items() if names.holds(each.name)]:
        record.refuse(f"name {quoted(found.pop(number).name)}", KEPT_ELSEWHERE)
    return {**found, **{number: _updated(each, said.get(number)) for number, each in earlier.items()}}


def _updated(earlier: Said, said: Said | None) -> Said:
    """An earlier name with its definition, or with the one given now where the earlier one did not last."""
    return Said(name=earlier.name, definition=earlier.definition or (said.definition if said else ""))
