"""What the code analyst observes in a partition, window by window."""

from collections.abc import Iterator

from rlm_pipeline.analysis.observation import Observation
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window


def observe(assignment: Assignment) -> Iterator[tuple[Window, list[Observation]]]:
    """Everything the code analyst has to say, window by window, each in the order of storing."""
    for window in assignment.windows:
        yield window, []
