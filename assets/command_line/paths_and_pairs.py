"""What `rlm profile --paths` and `--pairs` show: every path in nested files, and columns that go together."""

from typing import Any

import polars as pl
from rich.markup import escape
from rich.table import Table

from assets.command_line.group import Dataset, err, out, partitions_given, partitions_stored, print_json
from rlm_pipeline.errors import NotMaterialised

_KINDS = ("duplicate", "recoded", "decode", "dependency", "association")
_TOLD = {
    "duplicate": "{source} = {target}",
    "recoded": "{source} = {target}, in other words",
    "decode": "{source} is the code of {target}",
    "dependency": "{source} decides {target}",
    "association": "{source} goes with {target}",
}

_OF_SEVERAL = "of several partitions: the weakest effect, the most that contradict it, the largest q; n is of all"


def show_paths(dataset: Dataset, partition: list[str], *, limit: int, json: bool) -> None:
    """Every path in the nested files, with its types, in alphabetical order; all of them where `limit` is 0."""
    found = paths(dataset, partition)
    shown = found.head(limit) if limit else found
    if json:
        print_json(shown.to_dicts())
        return
    if found.is_empty():
        err.print(f"{dataset.config.name}: no file is nested; only JSON has paths", highlight=False)
        return
    table = Table(
        "path", "type", _right("values"), _right("records with it"), _right("files"), title=dataset.config.name
    )
    before = ""
    for row in shown.to_dicts():
        path = "" if row["path"] == before else row["path"]
        before = row["path"]
        table.add_row(escape(path), row["type"], *(f"{row[each]:,}" for each in ("values", "records", "files")))
    out.print(table)
    _say_cut(shown, found, "paths and types")


def paths(dataset: Dataset, partition: list[str]) -> pl.DataFrame:
    """One row a path and type over all sources: path, type, values, records, files (how many have it).

    Raises:
        NotMaterialised: raw_file has not run.

    """
    wanted = partitions_given(partition) or dataset.store.partitions_with("paths")
    if not wanted:
        raise NotMaterialised("raw_file", None, dataset.config.name)
    frames = [dataset.store.scan(dataset.store.paths_path(each), "raw_file", each) for each in wanted]
    sums = [pl.col("values").sum(), pl.col("records").sum(), pl.col("source").n_unique().alias("files")]
    return pl.concat(frames).group_by("path", "type").agg(sums).sort("path", "type").collect()


def show_pairs(dataset: Dataset, partition: list[str], *, limit: int, json: bool) -> None:
    """The strongest pairs of columns first: what is the same, then what decides, then what goes together."""
    found = pairs(dataset, partition)
    shown = found.head(limit)
    if json:
        print_json(shown.to_dicts())
        return
    if found.is_empty():
        err.print(f"{dataset.config.name}: no two columns say the same or go together", highlight=False)
        return
    table = Table(
        "columns", "kind", _right("effect"), _right("contradict"), _right("q"), _right("n"), _right("partitions"),
        title=dataset.config.name, caption=_OF_SEVERAL if found["partitions"].max() != 1 else None,
    )  # fmt: skip
    for row in shown.to_dicts():
        told = _TOLD[row["kind"]].format(source=escape(row["source"]), target=escape(row["target"]))
        error = "" if row["error"] is None else f"{row['error']:.2%}"
        q = "" if row["q"] is None else f"{row['q']:.1g}" if row["q"] else "<1e-300"
        table.add_row(told, row["kind"], f"{row['effect']:.2f}", error, q, f"{row['n']:,}", str(row["partitions"]))
    out.print(table)
    _say_cut(shown, found, "pairs")


def pairs(dataset: Dataset, partition: list[str]) -> pl.DataFrame:
    """One row a pair and kind over all partitions: kind, source, target, effect, low, high, error, p, q, n, partitions.

    Of several partitions it has the weakest effect, the largest error, p and q, and the sum of n. Pairs that hold in
    more partitions come first among equals.

    Raises:
        NotMaterialised: column_pairs has not run.

    """
    wanted = partitions_stored(dataset, partition, "column_pairs")
    frames = [dataset.store.scan(dataset.store.column_pairs_path(each), "column_pairs", each) for each in wanted]
    figures = [
        *(pl.col(name).min() for name in ("effect", "low")),
        *(pl.col(name).max() for name in ("high", "error", "p", "q")),
        pl.col("n").sum(),
        pl.len().alias("partitions"),
    ]
    # Which column of an association comes first is the order of the header, which changes over the years.
    turned = (pl.col("kind") == "association") & (pl.col("source") > pl.col("target"))
    one, other = (pl.when(turned).then(a).otherwise(b) for a, b in (("target", "source"), ("source", "target")))
    found = pl.concat(frames).with_columns(one.alias("source"), other.alias("target"))
    grouped = found.group_by("kind", "source", "target").agg(figures)
    places: Any = {kind: place for place, kind in enumerate(_KINDS)}
    place = pl.col("kind").replace_strict(places, default=len(_KINDS), return_dtype=pl.Int64)
    order = [pl.col("effect"), place, pl.col("partitions"), pl.col("n"), pl.col("source"), pl.col("target")]
    return grouped.sort(order, descending=[True, False, True, True, False, False]).collect()


def _say_cut(shown: pl.DataFrame, found: pl.DataFrame, what: str) -> None:
    if shown.height < found.height:
        err.print(f"{shown.height:,} of {found.height:,} {what}; --limit shows more", highlight=False)


def _right(name: str) -> Any:
    from rich.table import Column

    return Column(name, justify="right")
