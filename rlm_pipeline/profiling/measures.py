"""What the profile measures of distinct values: sizes, numbers, dates, codes, placeholders."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.profiling import dates, null_words, numbers, sentinels
from rlm_pipeline.profiling.kinds import PLACEHOLDERS

_LONGEST = 32
"""Bytes of a value that may stand for `no value`."""
_WORDS = "|".join(re.escape(word) for word in sorted(PLACEHOLDERS | null_words.WORDS))
_SUSPECT = (
    rf"^(?i)\s*(?:{_WORDS}|[^\pL\pN]*|0{{5,}}|[a-z]{{2}}|"
    r"-?9+(?:\.[09]+)?|-?8+(?:\.[08]+)?|-?7+(?:\.[07]+)?|9+[5-8](?:\.0+)?|-1(?:\.0+)?)\s*$"
)
_SENTINEL = r"^(?:-?(?:9+|8+|7+)(?:\.0+)?|-?(?:9+\.9+|8+\.8+|7+\.7+)|9+[5-8](?:\.0+)?|-1(?:\.0+)?)$"
"""Numbers people write for `no value`: repeated nines, eights and sevens, 95 to 98 beside 99, and -1."""
_REPEATED = r"^(?:0{5,}|9{5,})$"
_TWO_LETTERS = r"^[A-Z]{2}$"
_NO_LETTER = r"^[^\pL\pN]*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What all values of some columns say about how these write numbers and dates."""

    numbers: numbers.Evidence
    dates: dates.Evidence

    def plus(self, other: "Settled") -> "Settled":
        """What more values of the same columns add."""
        return Settled(numbers=self.numbers.plus(other.numbers), dates=self.dates.plus(other.dates))


def settled(distinct: pl.DataFrame) -> Settled:
    """What these values (`column`, `value`, `count`) say about how their columns write numbers and dates."""
    text = distinct.with_columns(pl.col("value").str.strip_chars().alias("text"))
    sized = text.with_columns(_flags(_short(text))[0])
    return Settled(numbers=numbers.evidence(sized), dates=dates.evidence(sized))


def measured(
    distinct: pl.DataFrame, names: Sequence[str], known: Settled | None = None
) -> tuple[pl.DataFrame, Settled]:
    """Measure distinct values.

    Args:
        distinct: `column` (Int32, ascending from 0), `value` (String, not null), `count` (Int64).
        names: of the columns.
        known: what all values of the columns say, where `distinct` has not all of them.

    Returns:
        The same rows with `length` (UInt32, characters), `words` (UInt32), `code` (Boolean: one word with a digit),
        `placeholder` (Boolean: one of `kinds.PLACEHOLDERS`), `hash` (UInt64); the columns of `numbers.parse` and
        `dates.parse`; and Booleans that say what may stand for `no value`: `null_word` (one of `null_words.WORDS`, or
        without a letter or digit), `sentinel` (a number of that shape), `repeated` (five or more zeros or nines),
        `candidate` (any of these, or one of `sentinels.DAYS`); `two_letters` (two capitals). And what is settled.

    """
    sized = _sized(distinct)
    figures, of_numbers = numbers.parse_settled(sized, known.numbers if known else None)
    days, of_dates = dates.parse_settled(sized, names, known.dates if known else None)
    frame = pl.concat([sized.drop("text"), figures, days], how="horizontal").with_columns(
        (
            pl.col("null_word")
            | pl.col("sentinel")
            | pl.col("repeated")
            | pl.col("date").is_in(sentinels.DAYS).fill_null(value=False)
        ).alias("candidate")
    )
    return frame, Settled(numbers=of_numbers, dates=of_dates)


def _sized(distinct: pl.DataFrame) -> pl.DataFrame:
    value, text = pl.col("value"), pl.col("text")
    sized = distinct.with_columns(
        value.str.len_chars().alias("length"), value.str.strip_chars().alias("text"), value.hash(seed=0).alias("hash")
    )
    # Most values are one word: looking for spaces between words costs less than looking for words.
    words = text.str.count_matches(r"\s+") + (text != "").cast(pl.UInt32)
    sized = sized.with_columns(words.alias("words"))
    code = (pl.col("words") == 1) & text.str.contains("[0-9]")
    return sized.with_columns(code.alias("code"), *_flags(_short(sized)))


def _short(values: pl.DataFrame) -> pl.Series:
    return values.select(pl.when(pl.col("value").str.len_bytes() <= _LONGEST).then("value")).to_series()


def _flags(short: pl.Series) -> list[pl.Series]:
    places = short.str.contains(_SUSPECT).fill_null(value=False).arg_true().to_numpy()
    text = short.gather(places).str.strip_chars()
    word = text.str.to_lowercase()
    found = {
        "placeholder": word.is_in(sorted(PLACEHOLDERS)),
        "null_word": word.is_in(sorted(null_words.WORDS)) | text.str.contains(_NO_LETTER),
        "sentinel": text.str.contains(_SENTINEL),
        "repeated": text.str.contains(_REPEATED),
        "two_letters": text.str.contains(_TWO_LETTERS),
    }
    flags = []
    for name, values in found.items():
        flag = np.zeros(len(short), dtype=np.bool_)
        flag[places] = values.to_numpy()
        flags.append(pl.Series(name, flag))
    return flags
