"""What the code analyst observes in a partition, window by window.

A source is looked at as a whole, its records joined; what is found is told of the record it is in.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rlm_pipeline.analysis.code_analyst import metrics
from rlm_pipeline.analysis.code_analyst.answering import Answers
from rlm_pipeline.analysis.code_analyst.architecture import Architecture
from rlm_pipeline.analysis.code_analyst.functions import Function
from rlm_pipeline.analysis.code_analyst.gathering import Batch
from rlm_pipeline.analysis.code_analyst.hits import Hit
from rlm_pipeline.analysis.code_analyst.inspection import Inspected, inspect
from rlm_pipeline.analysis.code_analyst.layers import layering
from rlm_pipeline.analysis.code_analyst.stretches import Stretch, stretches
from rlm_pipeline.analysis.code_analyst.survey import survey
from rlm_pipeline.analysis.observation import EVERY_COLUMN, QUOTE_LENGTH, Observation
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.configuration import CodeMode


def observe(assignment: Assignment) -> Iterator[tuple[Window, list[Observation]]]:
    """Everything the code analyst has to say, window by window, each in the order of storing.

    Raises:
        NotMaterialised: raw_file has not run.

    """
    modes = assignment.config.analysis.code_modes
    surveyed = survey(assignment) if "architecture" in modes else None
    architecture = Architecture(surveyed) if surveyed is not None else None
    answers = Answers(
        modes=modes,
        survey=surveyed,
        layering=layering(assignment.names, surveyed.loaded_by) if surveyed is not None else None,
    )
    windows = assignment.windows
    starts = [batch.start for window in windows for batch in window.batches]
    batches = {
        batch.start: Batch(number=batch.number, start=window.start) for window in windows for batch in window.batches
    }
    told = 0
    for stretch in stretches(assignment):
        while told < len(windows) and stretch.parts[0].place >= windows[told].start + windows[told].records:
            answers.tell(windows[told], assignment.tell)
            yield windows[told], _said(windows[told], batches)
            told += 1
        _tell(stretch, modes, architecture, batches, starts)
        for part in stretch.parts:
            answers.add(stretch, part, batches[starts[bisect_right(starts, part.place) - 1]].worst)
    for window in windows[told:]:
        answers.tell(window, assignment.tell)
        yield window, _said(window, batches)


def _tell(
    stretch: Stretch,
    modes: tuple[CodeMode, ...],
    architecture: Architecture | None,
    batches: Mapping[int, Batch],
    starts: Sequence[int],
) -> None:
    """Add all that is to be said about a stretch to the batches that its records are in; `starts` are theirs."""

    def batch_of(place: int) -> Batch:
        return batches[starts[bisect_right(starts, place) - 1]]

    found = inspected(stretch, modes)
    for hit in found.hits:
        part = stretch.part_at(hit.start)
        batch_of(part.place).add(hit, part, stretch)
    if "general" in modes:
        for function in found.functions:
            _count(function, stretch, batch_of(stretch.part_at(function.start).place))
    if architecture is not None:
        for part in stretch.parts:
            architecture.tell(part, stretch, batch_of(part.place))


def inspected(stretch: Stretch, modes: tuple[CodeMode, ...]) -> Inspected:
    """What is found in a stretch; record by record where it takes too much effort to parse as a whole."""
    whole = inspect(stretch.text, stretch.language, modes, [(part.start, part.end) for part in stretch.parts])
    if whole.is_parsed or len(stretch.parts) == 1:
        return whole
    hits: dict[tuple[int, str], Hit] = {(hit.start, hit.label): hit for hit in whole.hits}
    functions: list[Function] = []
    for part in stretch.parts:
        one = inspect(stretch.text[part.start : part.end], stretch.language, modes)
        for hit in one.hits:
            moved = replace(
                hit,
                start=hit.start + part.start,
                end=hit.end + part.start,
                seen_at=tuple(place + part.start for place in hit.seen_at),
            )
            hits.setdefault((moved.start, moved.label), moved)
        functions.extend(
            replace(each, start=each.start + part.start, end=each.end + part.start) for each in one.functions
        )
    ordered = sorted(hits.values(), key=lambda each: (each.start, each.end, each.kind, each.rule))
    return Inspected(hits=tuple(ordered), functions=tuple(functions), is_parsed=False)


def _count(function: Function, stretch: Stretch, batch: Batch) -> None:
    """A function, among all of its batch, by its complexity."""
    if not function.name:
        return
    part = stretch.part_at(function.start)
    everything = batch.sum("complexity", EVERY_COLUMN)
    everything.told = "{total} functions by cyclomatic complexity: {counts}"
    everything.add(metrics.band(function.complexity), part.place, stretch.quoted(function.start, QUOTE_LENGTH))
    everything.numbers["complexity"] += function.complexity
    everything.numbers["lines"] += function.lines


def _said(window: Window, batches: dict[int, Batch]) -> list[Observation]:
    """What is said of a window, which is then forgotten."""
    said = [each for batch in window.batches for each in batches.pop(batch.start).observations()]
    return sorted(said, key=lambda each: (each.order, each.distribution, each.summary))
