"""Formats of strings: what nearly all strings at a path look like, and those that do not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import Places
from rlm_pipeline.analysis.json_analyst.telling import Coded, Said, Seen, Share
from rlm_pipeline.analysis.observation import number_of, percent

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HEX = r"(?:[0-9]+[a-f]|[a-f]+[0-9])[0-9a-f]{5,}"  # with digits and letters

TIMESTAMP: Final = "ISO timestamp"
DATE: Final = "ISO date"
OTHER_FORMATS: Final = "(other)"

FORMATS: Final[Mapping[str, str]] = {
    "UUID": rf"^\{{?{_UUID}\}}?$",
    "name and UUID": rf"^[A-Za-z][A-Za-z0-9_.-]*?(?:--|[:/_-]){_UUID}$",
    "URL": r"^(?:https?|ftp|git|ssh|s3|file|wss?)://\S+$",
    "e-mail address": r"^[^@\s<>,;:/]+@[^@\s<>,;:/]+\.[A-Za-z]{2,}$",
    TIMESTAMP: rf"^{_DAY}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?$",
    DATE: rf"^{_DAY}$",
    "IPv4 address": r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?$",
    "semantic version": r"^v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?$",
    "whole number": r"^-?[0-9]+$",
    "decimal number": r"^-?[0-9]+[.,][0-9]+$",
    "hexadecimal number": rf"^(?:0x)?(?:{_HEX}|{_HEX.replace('f', 'F').replace('a', 'A')})$",
}  # fmt: skip
"""Regular expressions by name; the first that fits counts."""

NAMES: Final = tuple(FORMATS)

FEWEST: Final = 10
"""Strings at a path for their format to be told."""

DOMINANT: Final = 0.8
"""Share of the strings that have the format, at least."""

_LONGEST = 2000  # bytes of what may have a format


def formats(texts: pl.Series) -> Places:
    """The place of each string's format among `NAMES`, `len(NAMES)` for none, -1 for null."""
    text = pl.col("text")
    short = pl.when(text.str.len_bytes() <= _LONGEST).then(text).otherwise(pl.lit(""))
    found_code = pl.lit(len(NAMES))
    for code, pattern in reversed(list(enumerate(FORMATS.values()))):
        found_code = pl.when(short.str.contains(pattern)).then(code).otherwise(found_code)
    found = texts.alias("text").to_frame().select(pl.when(text.is_null()).then(-1).otherwise(found_code).cast(pl.Int64))
    return found.to_series().to_numpy()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatTopic:
    """The format that nearly all strings at a path have, a place among `NAMES`."""

    scope: str
    format: int
    kind: str = "pattern"

    @property
    def labels(self) -> Sequence[str]:
        """The format, and all else."""
        return (NAMES[self.format], OTHER_FORMATS)

    def read(self, seen: Seen) -> Iterator[Coded]:
        """Each string by whether it has the format."""
        values = seen.values
        places = np.flatnonzero(values.is_string)
        if len(places):
            codes = (values.like.formats[places] != self.format).astype(np.int64)
            yield Coded(codes=codes, records=values.records[places], quoted=places)

    def say(self, share: Share) -> Said:
        """How many are as usual; those that are not are cited."""
        alike, other = share.counts
        name = NAMES[self.format]
        summary = f"{self.scope}: {number_of(alike, 'string')} of the form {name}, no other"
        if other:
            summary = (
                f"{self.scope}: {alike:,} of {share.total:,} strings ({percent(alike, share.total)}) of the form {name}"
            )
        return Said(summary=summary, cited=[1, 0] if other else [0], severity="notice" if other else "info")
