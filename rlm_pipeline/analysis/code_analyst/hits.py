"""What is found at one place of a source."""

from dataclasses import dataclass
from typing import Literal

from rlm_pipeline.analysis.observation import Severity

HitKind = Literal[
    "antipattern", "api_surface", "bug", "complexity", "dead_code", "dependency", "pattern", "performance",
    "vulnerability",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule is broken at a place: the half-open range `start` to `end` of characters of the text that was read.

    `label` is what is counted: the weakness (`CWE-78`) and the rule, or the rule alone. `seen_at` are other places that
    show it (where a buffer is filled that is declared here).
    """

    start: int
    end: int
    kind: HitKind
    rule: str
    message: str
    severity: Severity
    confidence: float
    cwe: int | None = None
    seen_at: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """The weakness and the rule."""
        return f"CWE-{self.cwe} {self.rule}" if self.cwe is not None else self.rule
