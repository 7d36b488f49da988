"""The JSON types, as small numbers."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

NULL, STRING, INTEGER, NUMBER, BOOLEAN, OBJECT, ARRAY = range(7)

KIND_NAMES: Final = ("null", "string", "integer", "number", "boolean", "object", "array")

WHOLE_NUMBER: Final = r"^-?(?:0|[1-9][0-9]*)$"
ANY_NUMBER: Final = r"^-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Infinity)$|^NaN$"
Kinds = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def kinds_of(cells: pl.Series) -> Kinds:
    """The kind of each text as it reads, uint8, shape (n,); an empty text is a string."""
    cell = pl.col("cell")
    found = (
        pl.when(cell.str.starts_with("[") & cell.str.ends_with("]"))
        .then(ARRAY)
        .when(cell.str.starts_with("{") & cell.str.ends_with("}"))
        .then(OBJECT)
        .when(cell.str.contains(WHOLE_NUMBER))
        .then(INTEGER)
        .when(cell.str.contains(ANY_NUMBER))
        .then(NUMBER)
        .when(cell.is_in(["true", "false"]))
        .then(BOOLEAN)
        .otherwise(STRING)
    )
    return cells.alias("cell").to_frame().select(found.cast(pl.UInt8)).to_series().to_numpy(writable=True)
