"""`rlm evaluate`: agreement with what is known about the records, or with what was planted, with intervals."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from assets.command_line import planted_score
from assets.command_line.group import ConfigArgument, Dataset, JsonOption, err, open_dataset, out, print_json
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation import confusion_picture, minimum, planted
from rlm_pipeline.evaluation.agreement import DimensionAgreement, Evaluated
from rlm_pipeline.evaluation.confusion import Confusions, confusions
from rlm_pipeline.evaluation.minimum import Reached
from rlm_pipeline.known_truth import Evaluation

_CONFUSIONS_SHOWN = 5


def evaluate(
    config: ConfigArgument,
    truth: Annotated[
        list[str],
        typer.Option(
            "--truth",
            help="The column whose values are the known categories, or a file (.csv, .tsv, .parquet); "
            "given several times: the levels of a tree, the widest first. By default the dataset's own truth.",
        ),
    ] = [],
    key: Annotated[
        list[str],
        typer.Option("--key", help="A column of the file that names records; source and row, or the id, if left out."),
    ] = [],
    column: Annotated[
        list[str], typer.Option("--column", help="The file's column of known categories; several times: a tree.")
    ] = [],
    separator: Annotated[str, typer.Option("--separator", help="What stands between the levels of a path.")] = "",
    dimension: Annotated[str, typer.Option("--dimension", "-d", help="Only this dimension's id, name or column.")] = "",
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help="Write who was taken for whom to this file: a page, or .svg the matrix alone."),
    ] = None,
    planted_truth: Annotated[
        Path | None, typer.Option("--planted", help="Compare with the truth of a planted support desk: its folder.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare discovered dimensions with known categories; the pipeline itself never reads them.

    Without --truth the dataset's own `evaluation` is used, and the exit code is 1 if its minimum is not reached.
    """
    dataset = open_dataset(config)
    if planted_truth is not None:
        _against_planted(dataset, planted_truth, json=json)
        return
    asked = dataset.config.evaluation if not truth else None
    if asked is None and not truth:
        raise QueryError(
            f"nothing to compare with: give --truth, a column or a file, or write truth below `evaluation` in the "
            f"YAML of {dataset.config.name}"
        )
    wanted = asked or Evaluation(
        truth=tuple(truth), key=tuple(key), column=tuple(column), separator=separator, dimension=dimension or None
    )
    if asked and dimension:
        wanted = asked.model_copy(update={"dimension": dimension})
    found = minimum.evaluate_configured(dataset.store, dataset.config, wanted)
    reached = minimum.against(found, wanted) if wanted.minimum.wanted else None
    if picture is not None:
        _draw(found, picture)
    if json:
        print_json(_as_json(found, reached))
    else:
        _show(found)
    if reached is not None and not json:
        said = "; ".join(reached.below) or "the minimum is reached"
        out.print(f"[bold]{escape(reached.dimension)}[/]: {escape(said)}", highlight=False)
    if reached is not None and reached.below:
        raise typer.Exit(1)


def _against_planted(dataset: Dataset, truth_folder: Path, *, json: bool) -> None:
    score = planted.compare(dataset.store, dataset.config, truth_folder)
    if json:
        print_json(planted_score.as_json(score))
    else:
        planted_score.show(score)


def _show(found: Evaluated) -> None:
    if found.unmatched is not None:
        _say_unmatched(found)
    if found.partitions_without_truth:
        out.print(f"without truth: {', '.join(found.partitions_without_truth)}", highlight=False)
    for each in found.dimensions:
        gate = "" if each.dimension.gate == "passed" else " (no stable structure)"
        out.print(f"[bold]{escape(each.dimension.name)}[/]{gate} against {escape(found.truth)}", highlight=False)
        if each.agreement is None:
            out.print(f"  nothing to compare: {each.blank:,} blank, {each.without_truth:,} without truth")
            continue
        out.print(
            f"  {each.compared:,} records ({each.other:,} other); left out {each.blank:,} blank, "
            f"{each.without_truth:,} without truth; {each.agreement.known_categories} categories known, "
            f"{each.agreement.found_categories} found",
            highlight=False,
        )
        for name, value in minimum.figures_of(each).items():
            out.print(f"  {_NAMES[name]:<21}{value}", highlight=False, markup=False)
        _show_confusions(_confusions(each))


_NAMES = {
    "ami": "AMI",
    "ari": "ARI",
    "v_measure": "V-measure",
    "matched_accuracy": "matched accuracy",
    "ami_of_the_widest": "AMI, widest level",
    "ancestor_f1": "ancestor F1",
    "ancestor_precision": "ancestor precision",
    "ancestor_recall": "ancestor recall",
    "labelled": "labelled",
    "other": "other",
    "blank": "blank",
}


def _say_unmatched(found: Evaluated) -> None:
    unmatched = found.unmatched
    if unmatched is None:
        return
    said = f"{unmatched.rows - unmatched.unmatched:,} of {unmatched.rows:,} rows of the file name a record"
    if unmatched.unmatched:
        said += f"; {unmatched.unmatched:,} match none, such as {'; '.join(unmatched.examples)}"
    out.print(said, highlight=False, markup=False)


def _show_confusions(found: Confusions) -> None:
    for each in found.largest[:_CONFUSIONS_SHOWN]:
        which = f", the match of {each.taken_for}" if each.taken_for else ""
        out.print(
            f"  {each.records:,} of {each.known} ({each.share:.0%}) are in {each.found}{which}",
            highlight=False,
            markup=False,
        )


def _draw(found: Evaluated, path: Path) -> None:
    best = minimum.best_of(found)
    confusion_picture.write(best, found.truth, path)
    err.print(f"{best.dimension.name} against {found.truth}: {path}", highlight=False, markup=False, soft_wrap=True)


def _confusions(compared: DimensionAgreement) -> Confusions:
    return confusions(compared.pairs, {each.id: each.name for each in compared.dimension.categories})


def _as_json(found: Evaluated, reached: Reached | None) -> dict[str, Any]:
    return {
        "truth": found.truth,
        "file": asdict(found.unmatched) if found.unmatched else None,
        "partitions_without_truth": found.partitions_without_truth,
        "dimensions": [_dimension_as_json(each) for each in found.dimensions],
        "minimum": {"dimension": reached.dimension, "below": reached.below} if reached else None,
    }


def _dimension_as_json(each: DimensionAgreement) -> dict[str, Any]:
    arranged = _confusions(each)
    return {
        "dimension_id": each.dimension.id,
        "dimension_name": each.dimension.name,
        "facet": each.dimension.facet,
        "gate": each.dimension.gate,
        "compared": each.compared,
        "other": each.other,
        "blank": each.blank,
        "without_truth": each.without_truth,
        "known_categories": each.agreement.known_categories if each.agreement else 0,
        "found_categories": each.agreement.found_categories if each.agreement else 0,
        "figures": {name: asdict(value) for name, value in minimum.figures_of(each).items()},
        "matches": [asdict(match) for match in arranged.matches],
        "confusions": [asdict(confusion) for confusion in arranged.largest],
    }
