"""Anomalies: records that break a rule nearly all others keep, namely that one column decides another.

The rules are the functional dependencies of the profile that hold but for a few records. What the deciding column's
value usually goes with is settled once for the whole partition; every batch then counts its records that do otherwise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.analysis.observation import Evidence, Observation, number_of, quotable, shown
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.store import DatasetStore

MOST_RULES = 20
"""Those with the fewest exceptions; each is read once more."""

MOST_VALUES = 10_000
"""Values of a deciding column that are told apart; rules of columns with more are left out."""

CITED_RECORDS = 3

USUAL, OTHERWISE = "as usual", "otherwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`usual` has a row for each value of `source`: `decides`, and `value`, the target's most frequent one with it."""

    source: str
    target: str
    usual: pl.DataFrame

    @property
    def scope(self) -> str:
        """What findings are about."""
        return f"{self.source} decides {self.target}"


def survey(store: DatasetStore, config: DatasetConfig, partition: str, windows: Sequence[Window]) -> tuple[Rule, ...]:
    """The rules of a partition that have exceptions; none of an ignored column.

    Raises:
        NotMaterialised: column_pairs or column_profile has not run.

    """
    pairs = store.scan(store.column_pairs_path(partition), "column_pairs", partition)
    broken = pairs.filter((pl.col("kind") == "dependency") & (pl.col("error") > 0)).sort("error", "source", "target")
    distinct = store.scan(store.profile_path(partition), "column_profile", partition)
    few = distinct.filter(pl.col("distinct") <= MOST_VALUES).select(source="column")
    named = broken.join(few, on="source", how="semi").select("source", "target").collect()
    kept = [pair for pair in named.iter_rows() if not any(config.columns.is_ignored(each) for each in pair)]
    return tuple(_rule(windows, source, target) for source, target in kept[:MOST_RULES])


def observe(window: Window, rules: Sequence[Rule]) -> Iterator[Observation]:
    """One finding for each rule and batch that has records of it: how many keep to it, and how many do not."""
    for rule in rules:
        cells = _both(window, rule.source, rule.target)
        usual = cells.join(rule.usual, on="decides", how="left", maintain_order="left")["value"]
        filled = (cells["decides"].is_not_null() & cells["decided"].is_not_null()).to_numpy()
        broken = filled & (cells["decided"] != usual).fill_null(value=False).to_numpy()
        for batch, rows in window.slices():
            there, places = int(filled[rows].sum()), np.flatnonzero(broken[rows]) + rows.start
            if there:
                yield Observation(
                    kind="anomaly",
                    scope=rule.scope,
                    batch=batch.number,
                    severity="notice" if len(places) else "info",
                    summary=_summary(rule, cells, usual, places, there),
                    total=there,
                    numbers={"exceptions": len(places)},
                    evidence=_evidence(rule, cells, places),
                    distribution=tuple(
                        (name, count)
                        for name, count in ((USUAL, there - len(places)), (OTHERWISE, len(places)))
                        if count
                    ),
                )


def _both(window: Window, source: str, target: str) -> pl.DataFrame:
    return window.read([source, target]).select(decides=pl.col(source), decided=pl.col(target))


def _rule(windows: Sequence[Window], source: str, target: str) -> Rule:
    counted = pl.DataFrame(schema={"decides": pl.String, "decided": pl.String, "records": pl.Int64})
    for window in windows:
        here = (
            _both(window, source, target)
            .drop_nulls()
            .group_by("decides", "decided")
            .agg(records=pl.len().cast(pl.Int64))
        )
        counted = pl.concat([counted, here]).group_by("decides", "decided").agg(pl.col("records").sum())
    most = counted.sort("decides", "records", "decided", descending=[False, True, False])
    usual = most.unique("decides", keep="first", maintain_order=True)
    return Rule(source=source, target=target, usual=usual.select("decides", value="decided"))


def _summary(rule: Rule, cells: pl.DataFrame, usual: pl.Series, places: np.ndarray, there: int) -> str:
    said = f"{rule.scope}, but for {number_of(len(places), 'record')} of {there:,}"
    if not len(places):
        return said
    first = int(places[0])
    return (
        f"{said}, such as {shown(cells['decides'][first])} with {shown(cells['decided'][first])} "
        f"where it is {shown(usual[first])} elsewhere"
    )


def _evidence(rule: Rule, cells: pl.DataFrame, places: np.ndarray) -> tuple[Evidence, ...]:
    cited = ((int(place), quotable(cells["decided"][int(place)])) for place in places[:CITED_RECORDS])
    return tuple(Evidence(place=place, column=rule.target, quote=quote) for place, quote in cited if quote)
