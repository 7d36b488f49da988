"""What the text analyst observes in a partition, window by window.

Logs, prose and configuration are surveyed first, each over the whole partition, which settles what to look for: its
topics. Every batch then reports its share of each topic. All figures of a share are counts, so those of equal type and
scope add up over batches.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import polars as pl

from rlm_pipeline.analysis.observation import Observation
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.text_analyst import entities, own_records, shares
from rlm_pipeline.analysis.text_analyst.configs import settings
from rlm_pipeline.analysis.text_analyst.logs import observing as logs
from rlm_pipeline.analysis.text_analyst.own_records import Part
from rlm_pipeline.analysis.text_analyst.prose import definitions, links, outline, phrases
from rlm_pipeline.analysis.text_analyst.quoting import Quoting, citable
from rlm_pipeline.analysis.text_analyst.shares import Topic
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.sources.own_columns import CONFIG, LOG, PROSE


class Survey(Protocol):
    """What was settled for the whole partition."""

    @property
    def topics(self) -> Sequence[Topic]:
        """What is looked for."""

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """What of it is among the records of a window; asked for windows in order, each once."""


def observe(assignment: Assignment) -> Iterator[tuple[Window, list[Observation]]]:
    """Everything the text analyst has to say, window by window, each in the order of storing.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.

    """
    surveyed = [
        (part, surveys, citable(part))
        for own in (LOG, PROSE, CONFIG)
        if (part := own_records.part(assignment, own)).sources and (surveys := _surveys(part, own))
    ]
    for window in assignment.windows:
        found: list[Observation] = []
        for part, surveys, allowed in surveyed:
            records = own_records.of_window(part, window, part.columns)
            quoting = Quoting(records, allowed)
            for each in surveys:
                found += shares.observe(window, each.topics, each.hits(records), quoting)
        yield window, sorted(found, key=lambda observation: observation.order)


def _surveys(part: Part, own: Sequence[str]) -> list[Survey]:
    """What is looked for in a part, by what of it may be read."""
    found: list[Survey] = []
    if own == LOG:
        found.append(logs.survey(part))
        if part.has("message"):
            found.append(entities.survey(part, "message", entities.IN_LOGS, "logs"))
    if own == PROSE and part.has("text"):
        found += [phrases.survey(part), definitions.survey(part), links.survey(part)]
        found.append(entities.survey(part, "text", entities.IN_PROSE, "text"))
    if own == PROSE and part.has("heading"):
        found.append(outline.survey(part))
    if own == CONFIG:
        found.append(settings.survey(part))
    if own == CONFIG and part.has("value"):
        found.append(entities.survey(part, "value", entities.IN_CONFIGURATION, "settings"))
    return found
