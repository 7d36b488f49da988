"""Texts as runs of words, many at once, and the phrases of one to three words that could name a thing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.analysis.text_analyst.prose.stop_words import LINKING, STOP_WORDS

BREAK = "|"
"""What stands for everything that ends a phrase: punctuation, markup, the ends of a text."""

LONGEST = 3
"""Words of a phrase."""

_LEAST_LETTERS = 3
_LONGEST_WORD = 40
_BITS = 20  # of a word's number within a portion; words beyond are no part of phrases
_UNLIKE_NOUNS = r"(?:ly|n't)$"
_PARTICIPLE = r"[^e]ed$"  # the last word of no phrase: paid and incurred, but United States

_MARKUP = r"(?:https?|ftp)://\S+|\]\([^)\s]*\)|\(citation: [^)]*\)|<[^<>\s]{1,80}>|&[a-z]{2,6};|`[^`\n]*`"


def normalised(text: pl.Expr) -> pl.Expr:
    """A text in lower case, one space around every word and `BREAK`; addresses, tags and code count as `BREAK`."""
    lower = text.str.to_lowercase().str.replace_all(_MARKUP, " | ")
    plain = lower.str.replace_all("\u2019", "'", literal=True).str.replace_all(r"[^\p{L}\p{M}\p{N}'\-\s]+|--+", " | ")
    trimmed = plain.str.replace_all(r"['\-]+(\s|$)|(\s|^)['\-]+", "$1$2 ").str.replace_all(r"'s(\s)", "$1")
    return pl.lit(" | ") + trimmed.str.replace_all(r"\s+", " ").str.strip_chars(" ") + pl.lit(" | ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of a portion in order: the row each is of, its number, and of each number its text and what it may be.

    `content` words may begin a phrase, `last` ones end it, `linking` ones stand inside.
    """

    row: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    texts: pl.Series
    content: npt.NDArray[np.bool_]
    last: npt.NDArray[np.bool_]
    linking: npt.NDArray[np.bool_]


def words(texts: pl.Series, *, common: frozenset[str] = frozenset()) -> Words:
    """The words of normalised texts; `common` ones say as little as stop words."""
    split = texts.str.split(" ").alias("word")
    exploded = split.to_frame().with_row_index("row").explode("word").filter(pl.col("word") != "")
    kinds = exploded.get_column("word").unique(maintain_order=True).to_frame().with_row_index("number")
    numbered = exploded.join(kinds, on="word", how="left", maintain_order="left")
    word = pl.col("word")
    content = kinds.select(
        ~word.is_in([*STOP_WORDS, *common, BREAK])
        & (word.str.count_matches(r"\p{L}") >= _LEAST_LETTERS)
        & (word.str.len_chars() <= _LONGEST_WORD)
        & ~word.str.contains(r"\p{N}")
        & ~word.str.contains(_UNLIKE_NOUNS)
        & (pl.col("number") < 1 << _BITS)
    ).to_series()
    last = content & ~kinds.select(word.str.contains(_PARTICIPLE) & (word.str.len_chars() > 4)).to_series()
    linking = kinds.select(word.is_in(list(LINKING)) & (pl.col("number") < 1 << _BITS)).to_series()
    return Words(
        row=numbered.get_column("row").cast(pl.Int64).to_numpy(),
        number=numbered.get_column("number").cast(pl.Int64).to_numpy(),
        texts=kinds.get_column("word"),
        content=content.to_numpy(),
        last=last.to_numpy(),
        linking=linking.to_numpy(),
    )


def phrases(found: Words) -> pl.DataFrame:
    """The phrases in every row, as often as they are there: `row`, `key` (Int64), `words` (Int64, 1 to `LONGEST`).

    Of three words that hold two pairs only those are there whose pairs are in the portion more than once.
    """
    number, row = found.number, found.row
    content, last, linking = found.content[number], found.last[number], found.linking[number]
    parts = [_phrases(row, number, last, 1)]
    same = row[1:] == row[:-1]
    parts.append(_phrases(row[:-1], number[:-1] << _BITS | number[1:], content[:-1] & last[1:] & same, 2))
    if len(number) > 2:
        # Of three words in a row only those matter whose pairs are there more than once.
        pairs = parts[1].get_column("key")
        again = pairs.is_duplicated().to_numpy()
        paired = np.zeros(len(number), dtype=np.bool_)
        paired[:-1][content[:-1] & last[1:] & same] = again
        inner = linking[1:-1] | (paired[:-2] & paired[1:-1])
        whole = content[:-2] & inner & last[2:] & (row[2:] == row[:-2])
        key = number[:-2] << 2 * _BITS | number[1:-1] << _BITS | number[2:]
        parts.append(_phrases(row[:-2], key, whole, 3))
    return pl.concat(parts)


def texts_of(keys: pl.DataFrame, found: Words) -> pl.Series:
    """The text of each key of `phrases` (`key`, `words`)."""
    mask = (1 << _BITS) - 1
    names = found.texts
    key = keys.get_column("key").to_numpy()
    count = keys.get_column("words").to_numpy()
    places = [np.where(count > back, key >> back * _BITS & mask, -1) for back in (2, 1, 0)]
    columns = [
        pl.Series(f"{place}", names.gather(np.maximum(each, 0)), dtype=pl.String)
        .to_frame()
        .select(pl.when(pl.Series(each >= 0)).then(pl.col(f"{place}")).alias(f"{place}"))
        for place, each in enumerate(places)
    ]
    return (
        pl.concat(columns, how="horizontal")
        .select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).alias("phrase"))
        .to_series()
    )


def _phrases(
    row: npt.NDArray[np.int64], key: npt.NDArray[np.int64], kept: npt.NDArray[np.bool_], count: int
) -> pl.DataFrame:
    frame = pl.DataFrame({"row": row[kept], "key": key[kept]}, schema={"row": pl.Int64, "key": pl.Int64})
    return frame.with_columns(words=pl.lit(count, dtype=pl.Int64))
