"""What a schema leaves to a person: columns that may be one, and the lines of the dataset's YAML that answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rlm_pipeline.model import UNDATED
from rlm_pipeline.profiling.matching.alignment import Aligned, Spelling
from rlm_pipeline.profiling.matching.assignment import Match
from rlm_pipeline.profiling.matching.unification import Unified

UnsureKind = Literal["renamed", "side by side"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """Two columns that may be one, left to a person: `column` of `partition` and `target` of `target_partition`.

    `canonical` is what the one column would be called: the name of the one that is there longer; `spelling` is the
    other's. Kind `side by side`: two columns of one partition that are in different files of it; their names must be
    made equal there.
    """

    kind: UnsureKind
    column: str
    partition: str
    target: str
    target_partition: str
    spelling: str
    canonical: str
    confidence: float
    evidence: str

    @property
    def accept(self) -> str:
        """The line below `columns: rename:` of the dataset's YAML that makes them one column; empty if none can."""
        return _entry(self.spelling, self.canonical) if self.kind == "renamed" else ""

    @property
    def refuse(self) -> str:
        """The line there that keeps the one from all columns of other names; empty if they are apart anyway."""
        return _entry(self.spelling, self.spelling) if self.kind == "renamed" else ""


def asked(unified: Unified) -> tuple[Unsure, ...]:
    """The matches that were not applied, surest first, then columns of one partition that may be one."""
    kinds: tuple[tuple[UnsureKind, tuple[Match, ...]], ...] = (
        ("renamed", unified.unsure),
        ("side by side", unified.side_by_side),
    )
    column_of = {spelling: each for each in unified.columns for spelling in each.columns.items()}
    return tuple(_question(kind, each, column_of) for kind, matches in kinds for each in matches)


def _question(kind: UnsureKind, match: Match, column_of: Mapping[Spelling, Aligned]) -> Unsure:
    def last(spelling: Spelling) -> tuple[bool, str]:
        return max((partition != UNDATED, partition) for partition in column_of[spelling].columns)

    ending, lasting = sorted((match.earlier, match.later), key=last)
    return Unsure(
        kind=kind,
        partition=match.candidate.before,
        column=match.candidate.column,
        target_partition=match.candidate.after,
        target=match.candidate.target,
        spelling=ending[1],
        canonical=column_of[lasting].name,
        confidence=match.confidence,
        evidence=match.evidence,
    )


def _entry(column: str, name: str) -> str:
    # A JSON string is a YAML string, whatever the name contains.
    return f"{json.dumps(column, ensure_ascii=False)}: {json.dumps(name, ensure_ascii=False)}"
