"""`rlm demo`: a support desk whose truth is known, from dirty files to a report, beside what was planted."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from assets.command_line.evaluate import interval
from assets.command_line.group import Dataset, JsonOption, err, open_dataset, out, print_json
from assets.command_line.run import materialise, show_result
from rlm_pipeline import fingerprint
from rlm_pipeline.evaluation import planted, support_desk
from rlm_pipeline.evaluation.planted_score import DimensionMatch, PlantedScore
from rlm_pipeline.store import read_json, write_json

_CONFIG = Path(__file__).parents[2] / "configs" / "datasets" / "support_desk.yaml"
_WRITTEN = "written.json"


def demo(
    rows: Annotated[int, typer.Option(min=100, help="Tickets over all years.")] = 20_000,
    columns: Annotated[int, typer.Option(min=30, help="Columns over all years.")] = 300,
    years: Annotated[int, typer.Option(min=1, max=40, help="Fiscal years, one file each.")] = 11,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal files.")] = 7,
    folder: Annotated[Path, typer.Option(help="Where the files are written.")] = Path("data/support_desk"),
    json: JsonOption = False,
) -> None:
    """Write the planted support desk, run everything on it, and compare with what was planted."""
    arguments = {"rows": rows, "columns": columns, "years": years, "seed": seed}
    folder = folder.resolve()
    _write(folder, arguments)
    opened = open_dataset(str(_CONFIG))
    dataset = Dataset(
        config=opened.config.model_copy(update={"source": str(folder / "support_fy*.csv")}), store=opened.store
    )
    materialise(dataset)
    score = planted.compare(dataset.store, dataset.config, folder / "truth")
    if json:
        print_json(asdict(score))
        return
    _show(score)
    show_result(dataset)


def _write(folder: Path, arguments: dict[str, int]) -> None:
    package = Path(support_desk.__file__).parent
    code = fingerprint.of_files(sorted([*package.rglob("*.py"), *package.rglob("*.yaml")]))
    wanted = {**arguments, "code": code}
    marker = folder / _WRITTEN
    if marker.exists() and read_json(marker) == wanted:
        return
    marker.unlink(missing_ok=True)
    for old in folder.glob("support_fy*.csv"):
        old.unlink()
    err.print(f"writing the planted support desk into {folder}", highlight=False, soft_wrap=True)
    support_desk.write_support_desk(folder, **arguments)
    write_json(wanted, marker)


def _show(score: PlantedScore) -> None:
    for match in score.dimensions:
        if match.kind == "text":
            out.print(_categories(match))
    out.print(_dimensions(score))
    for name, found in (("relationships", score.relationships), ("trends", score.trends)):
        out.print(
            f"{name:<14} {found.published} published, {found.right} of them planted; "
            f"{found.recovered} of {found.planted} planted ones found",
            highlight=False,
        )
    accounted = "every row accounted for" if score.is_accounted else "[bold red]rows are missing[/]"
    out.print(
        f"rows           {score.rows_written:,} written = {score.rows_labelled:,} labelled + "
        f"{score.rows_quarantined:,} set aside: {accounted}",
        highlight=False,
    )
    out.print(f"citations      {score.citations_verified:,} of {score.citations:,} verified", highlight=False)


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
            interval(match.agreement.ami),
            f"{ari.value:.3f}",
            f"{accuracy.value:.3f}",
        )
    return table
