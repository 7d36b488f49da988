"""The answers of categorical columns: values that differ only in case and spacing are one, placeholders are none."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from rlm_pipeline.profiling.kinds import PLACEHOLDERS
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore

MOST_VALUES = 30
MOSTLY = 0.98
"""More values than `MOST_VALUES` are allowed where these, the most frequent, make up this share: the rest are slips."""
MOSTLY_OPEN = 0.5
"""The share for columns whose rare values are no slips but many, such as the templates of a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one canonical column answers, over all partitions.

    `values` maps each answer's normal form to how it is most often written, and `counts` to its records, both from the
    most frequent; `answered` records give any answer, of `records` in partitions that have the column. Where an analyst
    derived the answers, `derived` is the facet it tells them of.
    """

    column: str
    values: dict[str, str]
    counts: dict[str, int]
    answered: int
    records: int
    derived: str = ""

    @property
    def coverage(self) -> float:
        """Share of the records of its partitions that give an answer."""
        return self.answered / self.records if self.records else 0.0

    @property
    def mode_share(self) -> float:
        """Share of the most frequent answer."""
        return max(self.counts.values()) / self.answered if self.answered else 0.0

    @property
    def evenness(self) -> float:
        """Entropy of the answers over its maximum: 1 if all are equally frequent."""
        if len(self.counts) < 2:
            return 0.0
        shares = np.array(list(self.counts.values())) / sum(self.counts.values())
        return float(-(shares * np.log(shares)).sum() / np.log(len(shares)))


@dataclass(slots=True)
class _Seen:
    written: dict[str, Counter[str]] = field(default_factory=dict)
    answered: int = 0
    records: int = 0


def normal_value(value: str) -> str:
    """A value in lower case with single spaces; empty where it is blank or a placeholder such as n/a."""
    normal = " ".join(value.split()).lower()
    return "" if normal in PLACEHOLDERS else normal


def collect(
    store: DatasetStore,
    schema: Schema,
    partitions: Iterable[str],
    columns: frozenset[str],
    open_ended: frozenset[str] = frozenset(),
) -> dict[str, Answers]:
    """The answers of these canonical columns, from the profiles; a column with too many different values is absent.

    Of those in `open_ended` the most frequent values are enough if they make up half of the answers.

    Raises:
        NotMaterialised: a partition has no column profile.

    """
    seen = {name: _Seen() for name in columns}
    uncounted: Counter[str] = Counter()
    for partition in sorted(partitions):
        profile = store.scan(store.profile_path(partition), "column_profile", partition)
        wanted = profile.select("column", "records", "non_null", "value_counts").collect()
        for written, records, non_null, counts in wanted.iter_rows():
            name = schema.canonical(partition, written)
            if name not in columns or name is None:
                continue
            seen[name].records += records
            listed = _add(seen[name], counts or ())
            uncounted[name] += (non_null or 0) - listed
    shares = {name: MOSTLY_OPEN if name in open_ended else MOSTLY for name in columns}
    found = (_answers(name, seen[name], uncounted[name], shares[name]) for name in sorted(columns))
    return {answers.column: answers for answers in found if answers is not None}


def _add(seen: _Seen, counts: Iterable[dict[str, object]]) -> int:
    """Add one partition's counted values; returns how many cells they make up."""
    listed = 0
    for entry in counts:
        value, count = str(entry["value"]), int(str(entry["count"]))
        listed += count
        if normal := normal_value(value):
            seen.written.setdefault(normal, Counter())[value] += count
            seen.answered += count
    return listed


def _answers(name: str, seen: _Seen, uncounted: int, mostly: float) -> Answers | None:
    totals = {normal: forms.total() for normal, forms in seen.written.items()}
    ranked = sorted(totals, key=lambda normal: (-totals[normal], normal))
    kept = ranked[:MOST_VALUES]
    answered = seen.answered + uncounted
    beyond = answered - sum(totals[normal] for normal in kept)
    if beyond > (1 - mostly) * answered:
        return None
    return Answers(
        column=name,
        values={normal: most_written(seen.written[normal]) for normal in kept},
        counts={normal: totals[normal] for normal in kept},
        answered=answered,
        records=seen.records,
    )


def most_written(forms: Counter[str]) -> str:
    """The most frequent of several spellings, with single spaces."""
    return " ".join(min(forms, key=lambda form: (-forms[form], form)).split())
