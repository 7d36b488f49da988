"""All values at one path in some records, side by side, in the order of the records."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.analysis.json_analyst.kinds import OBJECT, STRING, Kinds, Mask, Places
from rlm_pipeline.analysis.json_analyst.paths import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The keys of objects: those of object n are `keys[codes[n]]`, sorted; -1 for what is no object."""

    keys: tuple[tuple[str, ...], ...]
    codes: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """n values at the path of `node`.

    `records` are places of records in the piece, ascending. `texts` are of scalars, strings without quotes, null for
    others; `sizes` are the elements of arrays and the keys of objects, -1 for others. `owners` are places among the
    values of the path above, -1 for records. `columns` say in which of the piece's columns a value stands, -1 for none.
    """

    node: Node
    records: Places
    kinds: Kinds
    texts: pl.Series
    sizes: Places
    owners: Places
    columns: Places
    shapes: Shapes | None = None

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
    def is_empty(self) -> Mask:
        """Which are empty strings, arrays or objects."""
        blank = (self.texts == "").fill_null(value=False).to_numpy() if len(self) else np.zeros(0, np.bool_)
        return np.asarray((self.sizes == 0) | (self.is_string & blank))


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
    records = np.concatenate([part.records for part in parts])
    order = np.argsort(records, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    found = Values(
        node=parts[0].node,
        records=records[order],
        kinds=np.concatenate([part.kinds for part in parts])[order],
        texts=pl.concat([part.texts for part in parts]).gather(order),
        sizes=np.concatenate([part.sizes for part in parts])[order],
        owners=np.concatenate([part.owners for part in parts])[order],
        columns=np.concatenate([part.columns for part in parts])[order],
    )
    return found, places
