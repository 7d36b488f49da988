"""What is found at one place of a source."""

from dataclasses import dataclass
from typing import Final, Literal

from rlm_pipeline.analysis.observation import Severity
from rlm_pipeline.configuration import CodeMode

HitKind = Literal[
    "antipattern", "api_surface", "bug", "complexity", "dead_code", "dependency", "pattern", "performance",
    "vulnerability",
]  # fmt: skip

_OF_ARCHITECTURE: Final = frozenset({"god-class", "import-cycle"})
_SEVERITIES: Final[tuple[Severity, ...]] = ("info", "notice", "warning")
_WORST_FIRST: Final[tuple[HitKind, ...]] = (
    "vulnerability", "bug", "performance", "antipattern", "complexity", "dead_code", "pattern", "dependency",
    "api_surface",
)  # fmt: skip


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

    @property
    def mode(self) -> CodeMode:
        """The mode that looks for it."""
        if self.kind == "dead_code" or self.rule in _OF_ARCHITECTURE:
            return "architecture"
        if self.kind == "vulnerability":
            return "security"
        return "performance" if self.kind == "performance" else "general"

    @property
    def rank(self) -> tuple[int, float, int, str]:
        """The worst of several has the least: the most severe, then the surest; ties by kind and label."""
        return (-_SEVERITIES.index(self.severity), -self.confidence, _WORST_FIRST.index(self.kind), self.label)
