"""What the json analyst observes in a partition, window by window.

The partition is surveyed first, which decides what is told of which path; then every batch reports its share.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

from rlm_pipeline.analysis.json_analyst import paths, piece, planning, quoting, traits
from rlm_pipeline.analysis.json_analyst.assembling import Assembled, assemble
from rlm_pipeline.analysis.json_analyst.paths import Node, Tree
from rlm_pipeline.analysis.json_analyst.piece import Reader
from rlm_pipeline.analysis.json_analyst.quoting import Quoting
from rlm_pipeline.analysis.json_analyst.survey import Survey
from rlm_pipeline.analysis.json_analyst.telling import Counts, Seen
from rlm_pipeline.analysis.json_analyst.values import none_at
from rlm_pipeline.analysis.observation import Observation
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window

_log = logging.getLogger(__name__)


def observe(assignment: Assignment) -> Iterator[tuple[Window, list[Observation]]]:
    """Everything the json analyst has to say, window by window, each in the order of storing.

    Raises:
        NotMaterialised: raw_file or column_profile has not run.

    """
    tree, families = paths.plant(assignment)
    reader = piece.reader(assignment, families)
    survey = Survey()
    for window in assignment.windows:
        for whole in _pieces(reader, tree, window):
            survey.add(window, replace(whole, values=traits.found(whole.values)))
    plan = planning.plan(survey, tree.root)
    cited = quoting.quoting(assignment, tree, families)
    for done, window in enumerate(assignment.windows, start=1):
        yield window, _observe(window, plan, cited, _pieces(reader, tree, window))
        _log.info("read %d of %d windows of %s", done, len(assignment.windows), assignment.partition)


def _pieces(reader: Reader, tree: Tree, window: Window) -> Iterator[Assembled]:
    for each in reader.read(window):
        yield assemble(each, tree)


def _observe(window: Window, plan: planning.Plan, cited: Quoting, pieces: Iterator[Assembled]) -> list[Observation]:
    """What one window has of what is looked for."""
    counts: dict[Node, list[Counts]] = {
        node: [Counts(topic, len(window.batches)) for topic in topics] for node, topics in plan.items()
    }
    for each_piece in pieces:
        whole = replace(each_piece, values=traits.found(each_piece.values, plan.keys()))
        for node, counting in counts.items():
            seen = Seen(values=whole.values.get(node) or none_at(node), whole=whole)
            for each in counting:
                each.add(seen, cited.example)
    numbers = [batch.number for batch in window.batches]
    told = [each for counting in counts.values() for one in counting for each in one.told(numbers)]
    return sorted(cited.cite(window, told), key=lambda observation: observation.order)
