"""`rlm demo`: a support desk whose truth is known, from dirty files to a report, beside what was planted."""

from pathlib import Path
from typing import Annotated

import typer

from assets.command_line import planted_score
from assets.command_line.group import Dataset, JsonOption, err, open_dataset, print_json
from assets.command_line.run import materialise, show_result
from rlm_pipeline import fingerprint
from rlm_pipeline.evaluation import planted, support_desk
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
        print_json(planted_score.as_json(score))
        return
    planted_score.show(score)
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
