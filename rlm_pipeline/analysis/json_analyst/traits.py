"""What scalars are like, found for the values of many paths at once."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.formats import formats
from rlm_pipeline.analysis.json_analyst.kinds import INTEGER, NUMBER, STRING, kinds_of
from rlm_pipeline.analysis.json_analyst.paths import Node
from rlm_pipeline.analysis.json_analyst.values import Traits, Values


def found(values: dict[Node, Values], nodes: Collection[Node] | None = None) -> dict[Node, Values]:
    """The values with their traits, those of `nodes` only where these are given."""
    chosen = [each for node, each in values.items() if len(each) and (nodes is None or node in nodes)]
    if not chosen:
        return values
    kinds = np.concatenate([each.kinds for each in chosen])
    texts = pl.concat([each.texts for each in chosen])
    strings, numbers = kinds == STRING, (kinds == INTEGER) | (kinds == NUMBER)
    reads = kinds.copy()
    doubtful = np.zeros(len(kinds), np.bool_)
    codes = np.full(len(kinds), -1, np.int64)
    floats = np.full(len(kinds), np.nan)
    if strings.any():
        words = texts.filter(pl.Series(strings))
        reads[strings] = kinds_of(words)
        doubtful[strings] = (reads[strings] != STRING) | words.str.starts_with('"').to_numpy()
        codes[strings] = formats(words)
    if numbers.any():
        floats[numbers] = _finite(texts.filter(pl.Series(numbers)))
    ends = np.cumsum([len(each) for each in chosen])
    traits = {
        each.node: Traits(
            reads=reads[end - len(each) : end],
            doubtful=doubtful[end - len(each) : end],
            formats=codes[end - len(each) : end],
            numbers=floats[end - len(each) : end],
        )
        for each, end in zip(chosen, ends.tolist(), strict=True)
    }
    return {node: replace(each, traits=traits.get(node)) for node, each in values.items()}


def _finite(texts: pl.Series) -> np.ndarray:
    """Numbers as floats, NaN for what is too large for one or no finite number."""
    numbers = texts.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy(writable=True)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers
