"""Readings: the units that are read together, one question to a model each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading import asked
from rlm_pipeline.analysis.reading.unit import Unit

MOST_UNITS = 40
"""However short they are: an answer has to have room for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`units` are numbered from 1 in what the model sees; `context` is what is carried along for all of them."""

    analyst: Analyst
    units: tuple[Unit, ...]
    context: str


def pack(
    units: Sequence[Unit], contexts: Mapping[str, str], *, most_characters: int, most_units: int = MOST_UNITS
) -> Iterator[Reading]:
    """Each unit in one reading with others of its analyst and context, in the order of the partition.

    A reading shows at most `most_characters`, unless a single unit with its notes is longer.
    `contexts` has that of each source. Readings come in the order of the best of their units, `units` being in the
    order of reading: whatever number of readings is made, what it pays most to read is among them.
    """
    rank = {(unit.place, unit.part): number for number, unit in enumerate(units)}
    groups: dict[tuple[Analyst, str], list[Unit]] = {}
    for unit in sorted(units, key=lambda each: (each.place, each.part)):
        groups.setdefault((unit.analyst, contexts.get(unit.source, "")), []).append(unit)
    readings = [
        Reading(analyst=analyst, units=tuple(together), context=context)
        for (analyst, context), members in groups.items()
        for together in _together(members, most_characters, most_units)
    ]
    yield from sorted(readings, key=lambda each: min(rank[unit.place, unit.part] for unit in each.units))


def _together(units: Sequence[Unit], most_characters: int, most_units: int) -> Iterator[list[Unit]]:
    run: list[Unit] = []
    length = 0
    for unit in units:
        needed = len(asked.of_unit(most_units, unit))
        if run and (length + needed > most_characters or len(run) == most_units):
            yield run
            run, length = [], 0
        run.append(unit)
        length += needed
    if run:
        yield run
