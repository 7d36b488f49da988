"""`rlm evaluate`: agreement with known labels, with intervals."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from assets.command_line.group import ConfigArgument, JsonOption, open_dataset, out, print_json
from rlm_pipeline.evaluation import agreement
from rlm_pipeline.evaluation.metrics import Estimate


def evaluate(
    config: ConfigArgument,
    truth: Annotated[str, typer.Option("--truth", help="The column whose values are the known categories.")],
    dimension: Annotated[str, typer.Option("--dimension", "-d", help="Only this dimension's id, name or column.")] = "",
    json: JsonOption = False,
) -> None:
    """Compare discovered dimensions with a column of known categories; the pipeline itself never reads it."""
    dataset = open_dataset(config)
    found = agreement.evaluate(dataset.store, dataset.config, truth_column=truth, dimension=dimension or None)
    if json:
        print_json([asdict(each) for each in found])
        return
    title = f"{dataset.config.name} against {truth} (95 % intervals)"
    table = Table("dimension", "records", "k true/found", "AMI", "ARI", "V-measure", "matched accuracy", title=title)
    for each in found:
        if each.agreement is None:
            table.add_row(escape(each.dimension_name), "0", each.gate)
            continue
        figures = each.agreement
        table.add_row(
            escape(each.dimension_name),
            f"{each.compared:,} ({each.other:,} other, {each.blank:,} blank)",
            f"{figures.known_categories}/{figures.found_categories}",
            *(interval(value) for value in (figures.ami, figures.ari, figures.v_measure, figures.matched_accuracy)),
        )
    out.print(table)


def interval(estimate: Estimate) -> str:
    """A figure and its interval."""
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
