"""What is read once: a record, or a part of a long one, that stands for all that say the same."""

from dataclasses import dataclass

from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading.notes import Note

UnitId = tuple[int, int]
"""The place of a record in its partition, and the number of its part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """`part` of `parts` counts from 1. `stands_for` is how many records say the same, itself among them.

    `named` is what its chunker calls the record (`method:C.m`, a heading path), empty for most. `cluster` is what it
    was chosen from.
    """

    analyst: Analyst
    place: int
    source: str
    detected_type: str
    row: int
    line: int
    part: int
    parts: int
    named: str
    text: str
    notes: tuple[Note, ...]
    stands_for: int
    cluster: int

    @property
    def id(self) -> UnitId:
        """What tells it from all other units of its partition."""
        return (self.place, self.part)
