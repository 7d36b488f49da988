"""How a comparison with a planted support desk is printed."""

from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from assets.command_line.group import out
from rlm_pipeline.evaluation.planted_score import DimensionMatch, PlantedScore, Retrieval

_MISTAKES_SHOWN = 5


def show(score: PlantedScore) -> None:
    """Tables of categories and dimensions, and a line for each other figure."""
    for match in score.dimensions:
        if match.kind == "text":
            out.print(_categories(match))
    out.print(_dimensions(score))
    found = " and ".join("{} of {} {}".format(*score.found(kind), kind) for kind in ("text", "categorical"))
    out.print(f"dimensions     {found} ones found", highlight=False)
    out.print(f"categories     {score.category_accuracy:.1%} of the records of text in the right one", highlight=False)
    named = f": {', '.join(score.false_dimensions)}" if score.false_dimensions else ""
    out.print(f"false          {len(score.false_dimensions)} text dimensions{named}", highlight=False, markup=False)
    for name, each in (("relationships", score.relationships), ("trends", score.trends)):
        _show_retrieval(name, each)
    accounted = "every row accounted for" if score.is_accounted else "[bold red]rows are missing[/]"
    out.print(
        f"rows           {score.rows_written:,} written = {score.rows_labelled:,} labelled + "
        f"{score.rows_quarantined:,} set aside: {accounted}",
        highlight=False,
    )
    out.print(f"citations      {score.citations_verified:,} of {score.citations:,} verified", highlight=False)


def as_json(score: PlantedScore) -> dict[str, Any]:
    """Everything the score holds, and the figures that follow from it."""
    found = {kind: dict(zip(("found", "planted"), score.found(kind), strict=True)) for kind in ("text", "categorical")}
    retrieved = {"relationships": score.relationships, "trends": score.trends}
    figures = {name: {"precision": each.precision, "recall": each.recall} for name, each in retrieved.items()}
    return {**asdict(score), "found": found, "category_accuracy": score.category_accuracy, "figures": figures}


def _show_retrieval(name: str, found: Retrieval) -> None:
    out.print(
        f"{name:<14} {found.published} published, {found.right} of them planted (precision {found.precision:.2f}); "
        f"{found.recovered} of {found.planted} planted ones found (recall {found.recall:.2f})",
        highlight=False,
    )
    for what, mistakes in (("false", found.false), ("missed", found.missed)):
        for mistake in mistakes[:_MISTAKES_SHOWN]:
            out.print(f"  {what}: {mistake}", highlight=False, markup=False)


def _categories(match: DimensionMatch) -> Table:
    table = Table("planted", "discovered", "planted n", "found n", "overlap", title=f"{match.planted} ({match.column})")
    for row in match.categories:
        table.add_row(
            escape(row.planted),
            escape(row.found) or "-",
            f"{row.planted_records:,}",
            f"{row.found_records:,}",
            f"{row.overlap:.0%}",
        )
    return table


def _dimensions(score: PlantedScore) -> Table:
    table = Table("planted", "found as", "AMI (95 % interval)", "ARI", "accuracy", title="planted dimensions")
    for match in score.dimensions:
        if match.agreement is None or not match.is_found:
            table.add_row(match.planted, "[yellow]not found[/]")
            continue
        ari, accuracy = match.agreement.ari, match.agreement.matched_accuracy
        table.add_row(
            f"{match.planted} ({match.kind})",
            escape(match.dimension_name),
            str(match.agreement.ami),
            f"{ari.value:.3f}",
            f"{accuracy.value:.3f}",
        )
    return table
