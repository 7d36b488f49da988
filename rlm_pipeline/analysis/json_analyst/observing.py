"""What the json analyst observes in a partition, window by window.

The partition is surveyed first, which decides what is told of which path; then every batch reports its share.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from rlm_pipeline.analysis.json_analyst import paths, piece, planning, quoting, traits
from rlm_pipeline.analysis.json_analyst.assembling import Assembled, assemble
from rlm_pipeline.analysis.json_analyst.paths import Node, Tree
from rlm_pipeline.analysis.json_analyst.piece import Reader
from rlm_pipeline.analysis.json_analyst.quoting import Quoting
from rlm_pipeline.analysis.json_analyst.shapes import ShapeTopic
from rlm_pipeline.analysis.json_analyst.survey import Survey
from rlm_pipeline.analysis.json_analyst.telling import Counts, Seen
from rlm_pipeline.analysis.json_analyst.values import none_at
from rlm_pipeline.analysis.json_analyst.variants import Variants
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
    variants = _variants(survey, plan, tree.root, cited)
    for done, window in enumerate(assignment.windows, start=1):
        observations = _observe(window, plan, cited, variants, _pieces(reader, tree, window))
        variants.tell(window, assignment.tell)
        yield window, observations
        _log.info("read %d of %d windows of %s", done, len(assignment.windows), assignment.partition)


def _pieces(reader: Reader, tree: Tree, window: Window) -> Iterator[Assembled]:
    for each in reader.read(window):
        yield assemble(each, tree)


def _variants(survey: Survey, plan: planning.Plan, root: Node, cited: Quoting) -> Variants:
    """What tells the shapes of records, as findings tell them."""
    topic = next((each for each in plan.get(root, ()) if isinstance(each, ShapeTopic)), None)
    objects: Counter[str] = Counter()
    if root in survey.paths:
        for keys, count in survey.paths[root].shapes.counts.items():
            objects.update(dict.fromkeys(keys, count))
    return Variants(root=root, topic=topic, objects=objects, quoting=cited)


def _observe(
    window: Window, plan: planning.Plan, cited: Quoting, variants: Variants, pieces: Iterator[Assembled]
) -> list[Observation]:
    """What one window has of what is looked for."""
    counts: dict[Node, list[Counts]] = {
        node: [Counts(topic, len(window.batches)) for topic in topics] for node, topics in plan.items()
    }
    for each_piece in pieces:
        variants.add(each_piece)
        whole = replace(each_piece, values=traits.found(each_piece.values, plan.keys()))
        for node, counting in counts.items():
            seen = Seen(values=whole.values.get(node) or none_at(node), whole=whole)
            for each in counting:
                each.add(seen, cited.example)
    numbers = [batch.number for batch in window.batches]
    told = [each for counting in counts.values() for one in counting for each in one.told(numbers)]
    return sorted(cited.cite(window, told), key=lambda observation: observation.order)
