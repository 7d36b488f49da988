"""All values at one path in some records, side by side, in the order of the records."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import BOOLEAN, NULL, OBJECT, STRING, Kinds, Mask, Places
from rlm_pipeline.analysis.json_analyst.paths import Node

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The keys of objects: those of object n are `keys[codes[n]]`, sorted; -1 for what is no object."""

    keys: tuple[tuple[str, ...], ...]
    codes: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What scalars are like, one entry for each value.

    `reads` is the kind that a string reads like, for others their own; `doubtful` are strings that cannot be told from
    other values without quotes; `formats` are places among the names of formats, their number for none, -1 for what is
    no string; `numbers` are NaN for what is no finite number.
    """

    reads: Kinds
    doubtful: Mask
    formats: Places
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """n values at the path of `node`.

    `records` are places of records in the piece, ascending. `texts` are of scalars, strings without quotes, null for
    others; `sizes` are the elements of arrays and the keys of objects, 0 for an empty string, -1 for other scalars.
    `owners` are places among the values of the path above, -1 for records. `columns` say in which of the piece's
    columns a value stands, -1 for none.
    """

    node: Node
    records: Places
    kinds: Kinds
    texts: pl.Series
    sizes: Places
    owners: Places
    columns: Places
    shapes: Shapes | None = None
    traits: Traits | None = None

    def __len__(self) -> int:
        return len(self.records)

    @property
    def is_string(self) -> Mask:
        """Which are strings."""
        return np.asarray(self.kinds == STRING)

    @property
    def is_object(self) -> Mask:
        """Which are objects."""
        return np.asarray(self.kinds == OBJECT)

    @property
    def is_scalar(self) -> Mask:
        """Which are strings, numbers or booleans."""
        return np.asarray((self.kinds > NULL) & (self.kinds <= BOOLEAN))

    @property
    def is_empty(self) -> Mask:
        """Which are empty strings, arrays or objects."""
        return np.asarray(self.sizes == 0)

    @property
    def like(self) -> Traits:
        """What the scalars are like."""
        if self.traits is None:
            return Traits(
                reads=self.kinds,
                doubtful=np.zeros(len(self), np.bool_),
                formats=np.full(len(self), -1, np.int64),
                numbers=np.full(len(self), np.nan),
            )
        return self.traits


def none_at(node: Node) -> Values:
    """No values at a path."""
    nothing = np.zeros(0, np.int64)
    return Values(
        node=node,
        records=nothing,
        kinds=np.zeros(0, np.uint8),
        texts=pl.Series([], dtype=pl.String),
        sizes=nothing,
        owners=nothing,
        columns=nothing,
    )


def joined(parts: list[Values]) -> tuple[Values, Places]:
    """Values of one path as one, in the order of the records, and where each of the parts' values is now."""
    filled = [part for part in parts if len(part)]
    if len(filled) < 2 and (not filled or bool((np.diff(filled[0].records) >= 0).all())):
        found = filled[0] if filled else parts[0]
        return found, np.arange(len(found))
    records = np.concatenate([part.records for part in filled])
    order = np.argsort(records, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    found = Values(
        node=filled[0].node,
        records=records[order],
        kinds=np.concatenate([part.kinds for part in filled])[order],
        texts=pl.concat([part.texts for part in filled]).gather(order),
        sizes=np.concatenate([part.sizes for part in filled])[order],
        owners=np.concatenate([part.owners for part in filled])[order],
        columns=np.concatenate([part.columns for part in filled])[order],
    )
    return found, places
