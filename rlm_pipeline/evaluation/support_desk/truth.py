"""What is true about a written desk, as two files that the pipeline never reads: truth.json and records.parquet."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rlm_pipeline.evaluation.support_desk import phrases
from rlm_pipeline.evaluation.support_desk.columns import HARD_RENAMES, RETYPED_AT, is_easy_rename, linked_columns
from rlm_pipeline.evaluation.support_desk.plan import PlantedDimension
from rlm_pipeline.evaluation.support_desk.texts import OFF_TOPIC
from rlm_pipeline.evaluation.support_desk.writing import Desk, WrittenYear
from rlm_pipeline.profiling.associations import contingency, cramers_v_corrected
from rlm_pipeline.store import write_frame, write_json

RECORDS, TRUTH = "records.parquet", "truth.json"


def write_truth(desk: Desk, years: list[WrittenYear], folder: Path) -> None:
    """Write both files into `folder`."""
    records = pl.concat(year.truth for year in years)
    write_frame(records, folder / RECORDS)
    write_json(_truth(desk, years, records), folder / TRUTH)


def _truth(desk: Desk, years: list[WrittenYear], records: pl.DataFrame) -> dict[str, Any]:
    return {
        "seed": desk.seed,
        "dirt": desk.dirt,
        "rows": len(records),
        "ragged": int(records["ragged"].sum()),
        "files": [asdict(year.file) for year in years],
        "dimensions": [_dimension(one, records) for one in desk.plan.dimensions if not one.side_effect],
        "side_effects": {one.id: one.column for one in desk.plan.dimensions if one.side_effect},
        "relationships": _relationships(desk, records),
        "linked": [list(group) for group in _linked(desk)],
        "trends": _trends(desk, records),
        "columns": {span.column: _written(span.column, years) for span in desk.spans},
        "drift": _drift(desk),
        "filler": {column.name: column.kind for column in desk.filler.columns},
    }


def _dimension(dimension: PlantedDimension, records: pl.DataFrame) -> dict[str, Any]:
    counts = dict(records[dimension.id].value_counts().iter_rows())
    names = {category: category for category in dimension.categories}
    if dimension.text is not None:
        book = phrases.phrasebook(dimension.text, dimension.column)
        names = {category: book.categories[category].name for category in dimension.categories}
        names[OFF_TOPIC] = "Off topic"
    return {
        "id": dimension.id,
        "column": dimension.column,
        "kind": "text" if dimension.text is not None else "categorical",
        "blank": counts.get(None, 0),
        "categories": [{"id": key, "name": name, "count": counts.get(key, 0)} for key, name in names.items()],
    }


def _relationships(desk: Desk, records: pl.DataFrame) -> list[dict[str, Any]]:
    """What follows what, with the strength that the written records show; side effects are not to be found."""
    by_id = {dimension.id: dimension for dimension in desk.plan.dimensions}
    planted = []
    for dimension in desk.plan.dimensions:
        if dimension.follows is None or dimension.side_effect:
            continue
        pair = records.select(pl.col(dimension.follows, dimension.id).cast(pl.Categorical)).drop_nulls()
        codes = [pair[name].rank("dense").to_numpy().astype(np.int64) - 1 for name in pair.columns]
        table = contingency(codes[0], codes[1], int(codes[0].max()) + 1, int(codes[1].max()) + 1)
        planted.append(
            {
                "source": by_id[dimension.follows].column,
                "target": dimension.column,
                "kind": "dependency" if dimension.strength == 1 else "association",
                "cramers_v": round(float(cramers_v_corrected(table).v), 4),
                "records": len(pair),
            }
        )
    return planted


def _linked(desk: Desk) -> list[tuple[str, ...]]:
    """Groups of columns any two of which may truly be associated; all other pairs are independent."""
    retyped = {column.name for column in desk.filler.columns if column.retyped_from is not None}
    groups = [
        (*group, *sorted(retyped)) if set(group) & set(RETYPED_AT) else group for group in linked_columns(desk.plan)
    ]
    columns = desk.filler.columns
    copies = [(columns[one.copy_of].name, one.name) for one in columns if one.copy_of is not None]
    return [*groups, *copies]


def _trends(desk: Desk, records: pl.DataFrame) -> list[dict[str, Any]]:
    """The planted trends with the shares that the first and the last file show."""
    first, last = records["fiscal_year"].min(), records["fiscal_year"].max()
    trends = []
    for trend in desk.plan.trends:
        answered = records.filter(pl.col(trend.dimension).is_not_null())
        shares = dict(
            answered.group_by("fiscal_year").agg((pl.col(trend.dimension) == trend.category).mean()).iter_rows()
        )
        trends.append(
            {
                "dimension": trend.dimension,
                "category": trend.category,
                "from": first,
                "to": last,
                "share_from": round(shares.get(first, 0.0), 4),
                "share_to": round(shares.get(last, 0.0), 4),
                "shape": "steady" if trend.step_at is None else "step",
            }
        )
    return trends


def _written(column: str, years: list[WrittenYear]) -> dict[str, str]:
    return {year.file.fiscal_year: year.written[column] for year in years if column in year.written}


def _drift(desk: Desk) -> dict[str, list[str]]:
    spans = {span.column: span.written for span in desk.spans}
    retyped = [one.name for one in desk.filler.columns if one.retyped_from is not None]
    renamed = {column: {name for name in names if name} for column, names in spans.items()}
    renamed = {column: names for column, names in renamed.items() if len(names) > 1}
    easy = [column for column in renamed if is_easy_rename(spans[column])]
    return {
        "renamed": easy,
        "renamed_hard": sorted((set(renamed) - set(easy)) | (set(HARD_RENAMES) & set(renamed))),
        "added": [column for column, names in spans.items() if names[0] is None],
        "dropped": [column for column, names in spans.items() if names[-1] is None],
        "retyped": sorted([*RETYPED_AT, *retyped]),
    }
