"""Which analyst knows which content, and what it is given to read."""

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_pipeline.analysis.derived import Tell, untold
from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.chunking.views import TABLES
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import SourceManifest
from rlm_pipeline.sources.own_columns import CODE, OWN_COLUMNS
from rlm_pipeline.store import DatasetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a specialist reads of a partition: the records of `sources`, in all `windows`; others are not its own.

    `tell` takes what it derives from each record.
    """

    store: DatasetStore
    config: DatasetConfig
    partition: str
    sources: tuple[SourceManifest, ...]
    windows: tuple[Window, ...]
    tell: Tell = untold

    @property
    def names(self) -> frozenset[str]:
        """Names of the sources."""
        return frozenset(each.source for each in self.sources)


def analyst_of(detected_type: str) -> Analyst:
    """The analyst that knows a type of content: `SourceManifest.detected_type`."""
    if detected_type in TABLES:
        return "data"
    if detected_type not in OWN_COLUMNS:
        return "json"
    return "code" if OWN_COLUMNS[detected_type] == CODE else "text"


def routed(sources: Sequence[SourceManifest]) -> dict[Analyst, tuple[SourceManifest, ...]]:
    """The sources of each analyst that has any, analysts by name."""
    found: dict[Analyst, list[SourceManifest]] = {}
    for source in sources:
        found.setdefault(analyst_of(source.detected_type), []).append(source)
    return {analyst: tuple(found[analyst]) for analyst in sorted(found)}
