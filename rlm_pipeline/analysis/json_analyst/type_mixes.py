"""Paths whose values are of several JSON types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rlm_pipeline.analysis.json_analyst.kinds import INTEGER, KIND_NAMES, NUMBER, STRING, Places
from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.json_analyst.values import Values
from rlm_pipeline.analysis.observation import number_of

_LIKE_NUMBER: Final = len(KIND_NAMES) - 1
LABELS: Final = (*KIND_NAMES[STRING:], KIND_NAMES[STRING])
"""The types but null; the last are strings that read like numbers, which are told among the strings."""

_ODD = 0.01  # share of values whose type is rather an error than a choice


def types(values: Values) -> Places:
    """The place of each value's type among `LABELS`, -1 for null."""
    codes = values.kinds.astype(np.int64) - STRING
    reads = values.like.reads
    codes[values.is_string & ((reads == INTEGER) | (reads == NUMBER))] = _LIKE_NUMBER
    return codes


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTopic:
    """The types at a path; `whole` are the partition's counts by label."""

    scope: str
    whole: Sequence[int]
    kind: str = "type_inconsistency"
    labels: Sequence[str] = LABELS

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each value that is not null by its type."""
        values = seen.values
        yield Coded(codes=types(values), records=values.records, quoted=np.arange(len(values)))

    def say(self, share: Share) -> Said:
        """How many values are of which type; the rarer types are cited."""
        merged = of_types(share.counts)
        ranked = sorted(
            ((count, name) for name, count in merged.items() if count), key=lambda each: (-each[0], each[1])
        )
        parts = ", ".join(number_of(count, name) for count, name in ranked)
        like = share.counts[_LIKE_NUMBER]
        numbers = bool(self.whole[INTEGER - STRING] or self.whole[NUMBER - STRING])
        summary = f"{self.scope}: {parts}" if len(ranked) > 1 else f"{self.scope}: only {parts} here, others elsewhere"
        if only_numbers(self.whole):
            summary = f"{self.scope}: numbers with and without fractions: {parts}"
        if like and numbers:
            summary += f"; {like:,} of the strings read like numbers"
        whole = of_types(self.whole)
        rarest = min(count for count in whole.values() if count)
        odd = rarest <= _ODD * sum(whole.values())
        mixed = len(ranked) > 1 and not only_numbers(self.whole)
        order = sorted((code for code, count in enumerate(share.counts) if count), key=lambda code: self.whole[code])
        return Said(
            summary=summary,
            cited=order,
            numbers={"strings_like_numbers": like},
            severity="warning" if mixed and (odd or (like and numbers)) else "notice" if mixed else "info",
        )


def of_types(counts: Sequence[int]) -> dict[str, int]:
    """Counts by the name of the type."""
    found = dict(zip(LABELS[:_LIKE_NUMBER], counts[:_LIKE_NUMBER], strict=True))
    found[LABELS[_LIKE_NUMBER]] += counts[_LIKE_NUMBER]
    return found


def only_numbers(counts: Sequence[int]) -> bool:
    """Whether there are integers and other numbers, and nothing else."""
    return sum(counts) == counts[INTEGER - STRING] + counts[NUMBER - STRING]
