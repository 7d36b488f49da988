"""What an analyst says about one batch, before its evidence has been found in the chunks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rlm_pipeline import fingerprint

QUOTE_LENGTH = 200
"""Longest quote of a citation, in characters."""

EVERY_COLUMN = "*"
"""The scope of a finding about all columns of the partition."""

Analyst = Literal["data", "json", "code", "text"]
Severity = Literal["info", "notice", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A cell to cite: the record's place within the window, the column, and words of the cell."""

    place: int
    column: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One finding to be; `batch` is the batch's number in the partition, `distribution` is ordered for reading.

    `total` and `distribution` are counts that add up over batches; so are the `numbers` of every analyst but `data`,
    which are integers.
    """

    kind: str
    scope: str
    batch: int
    summary: str
    total: int
    numbers: Mapping[str, object]
    evidence: tuple[Evidence, ...]
    distribution: tuple[tuple[str, int], ...] = ()
    severity: Severity = "info"
    confidence: float = 1.0
    analyst: Analyst = "data"

    @property
    def order(self) -> tuple[int, str, str]:
        """What findings are stored by."""
        return (self.batch, self.kind, self.scope)

    def numbers_text(self) -> str:
        """The numbers as a JSON object, keys sorted."""
        return json.dumps(self.numbers, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def identify(self, partition: str) -> str:
        """16 hex characters of what is said, where; equal for an equal finding over the same batch."""
        counts = json.dumps(self.distribution, ensure_ascii=False, separators=(",", ":"))
        place = (self.analyst, partition, str(self.batch), self.kind, self.scope)
        return fingerprint.short(*place, str(self.total), counts, self.numbers_text())


def quotable(cell: str) -> str:
    """The first line of a cell that says something, without space around it, at most `QUOTE_LENGTH` characters."""
    lines = cell.strip().splitlines()
    return lines[0][:QUOTE_LENGTH].strip() if lines else ""


def percent(part: int, whole: int) -> str:
    """A share for people, with one decimal; a whole of nothing is 0 %."""
    return f"{100 * part / whole:.1f} %" if whole else "0.0 %"


def number_of(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 batch`, `1,204 batches`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shown(value: str, length: int = 60) -> str:
    """A value for a sentence: quoted, on one line, shortened in the middle of nowhere only when it is long."""
    line = " ".join(value.split())
    return f"'{line}'" if len(line) <= length else f"'{line[: length - 1]}…'"
