"""`rlm evaluate`: agreement with known labels, with intervals."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

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
    for each in found:
        out.print(f"[bold]{escape(each.dimension_name)}[/] against {escape(truth)}", highlight=False)
        if each.agreement is None:
            out.print(f"  nothing to compare: {each.blank:,} blank, {each.without_truth:,} without truth")
            continue
        figures = each.agreement
        out.print(
            f"  {each.compared:,} records ({each.other:,} other); left out {each.blank:,} blank, "
            f"{each.without_truth:,} without truth; "
            f"{figures.known_categories} categories known, {figures.found_categories} found",
            highlight=False,
        )
        named = {"AMI": figures.ami, "ARI": figures.ari, "V-measure": figures.v_measure}
        for name, value in (*named.items(), ("matched accuracy", figures.matched_accuracy)):
            out.print(f"  {name:<17}{interval(value)}", highlight=False, markup=False)


def interval(estimate: Estimate) -> str:
    """A figure and its 95 % interval."""
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"
