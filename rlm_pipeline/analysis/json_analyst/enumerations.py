"""Values of paths that have few of them, and paths that have but one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.written import coded, plain, written
from rlm_pipeline.analysis.observation import number_of, percent, shown
from rlm_pipeline.model import MAX_COUNTED_VALUES

VALUES_PER_RECORD: Final = 0.5
"""Distinct values for each value there is, at most, for their counts to be worth telling."""

OTHER_VALUES: Final = "(other values)"
"""The values beyond the most frequent `MAX_COUNTED_VALUES`, counted together."""

_WORD = re.compile(r"[A-Za-z][\w .:/@+-]{0,39}")
_MOST_WORDS = 20
_TIMES_EACH = 5
_SHOWN = 3


def is_enumeration(counts: Mapping[str, int]) -> bool:
    """Whether the values are a few words, each of them used again and again, or yes and no."""
    often = sum(counts.values()) >= _TIMES_EACH * len(counts)
    return often and 1 < len(counts) <= _MOST_WORDS and all(_WORD.fullmatch(value) for value in counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTopic:
    """The values at a path, `labels`, most frequent in the partition first, and behind them the rest if there are more.

    `distinct` are all values of the partition; `mixed`: strings and others.
    """

    scope: str
    labels: Sequence[str]
    distinct: int
    words: bool
    mixed: bool
    kind: str = "field_distribution"

    @property
    def _named(self) -> tuple[str, ...]:
        return tuple(self.labels[:MAX_COUNTED_VALUES]) if self.distinct > MAX_COUNTED_VALUES else tuple(self.labels)

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each scalar by its value."""
        values = seen.values
        texts = written(values) if self.mixed else values.texts
        codes = coded(texts, self._named)
        if len(self._named) < len(self.labels):
            codes = np.where((codes < 0) & texts.is_not_null().to_numpy(), len(self._named), codes)
        yield Coded(codes=codes, records=values.records, quoted=np.arange(len(values)))

    def say(self, share: Share) -> Said:
        """The most frequent values."""
        present = [code for code, count in enumerate(share.counts[: len(self._named)]) if count]
        ranked = sorted(present, key=lambda code: -share.counts[code])
        top = ", ".join(
            f"{shown(self.labels[code])} {percent(share.counts[code], share.total)}" for code in ranked[:_SHOWN]
        )
        kind = "an enumeration of " if self.words else ""
        few = f", {len(ranked):,} of them here" if len(ranked) < len(self._named) else ""
        return Said(
            summary=f"{self.scope}: {kind}{number_of(self.distinct, 'value')}{few}; of {share.total:,} {top}",
            cited=ranked or [len(self._named)],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantTopic:
    """A path that has one value only."""

    scope: str
    labels: Sequence[str]
    kind: str = "pattern"

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each scalar that is there."""
        values = seen.values
        codes = coded(values.texts, tuple(self.labels))
        yield Coded(codes=codes, records=values.records, quoted=np.arange(len(values)))

    def say(self, share: Share) -> Said:
        """The value."""
        return Said(
            summary=f"{self.scope}: always {shown(self.labels[0])}, {number_of(share.total, 'time')}", cited=[0]
        )


def topic(scope: str, counts: Mapping[str, int], *, mixed: bool) -> ValueTopic:
    """What is told of the values at a path, of which there are so many `written` so; `mixed`: strings and others."""
    counts = counts if mixed else plain(counts)
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    rest = (OTHER_VALUES,) if len(ranked) > MAX_COUNTED_VALUES else ()
    return ValueTopic(
        scope=scope,
        labels=(*ranked[:MAX_COUNTED_VALUES], *rest),
        distinct=len(ranked),
        words=is_enumeration(counts),
        mixed=mixed,
    )
