"""What analysts derive from each record that no column says, such as the layer that its source belongs to.

Each facet has exactly one row for every record of its analyst. The first record of a value whose words can be quoted
shows it: only that row has a column, a quote, and what the value is called and means.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rlm_pipeline.analysis.window import Window
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.store import COMPRESSION, atomic_path

DERIVED_SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "row": pl.Int64,
        "facet": pl.String,
        "value": pl.String,  # null: none that is told apart from others
        # Of one record of each value, which shows it: words of a cell, how people call the value, and what it means.
        "column": pl.String,
        "quote": pl.String,
        "name": pl.String,
        "definition": pl.String,
    }
)
"""One row for each record of the analyst and facet, `derived/<p>.parquet`, facet by facet within a window."""

LAYER: Final = "code layer"
SECURITY: Final = "code security"
QUALITY: Final = "code quality"
PERFORMANCE: Final = "code performance"
STRUCTURE: Final = "code structure"
SHAPE: Final = "json shape"

Tell = Callable[[pl.DataFrame], None]
"""Takes values of some records, `DERIVED_SCHEMA`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a record shows its value: words of a cell; what the value is called, and means."""

    column: str
    quote: str
    name: str
    definition: str


_OF_SHOWN: Final = ("column", "quote", "name", "definition")


def untold(_frame: pl.DataFrame) -> None:
    """Take values that nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The values of one facet, in the order of the records; `shown` are some by the record's place in the window."""

    facet: str
    values: Sequence[str | None]
    shown: Mapping[int, Shown]


def frame(window: Window, places: Sequence[int], told: Iterable[Told]) -> pl.DataFrame:
    """The values of records by their places within the window, ascending, facet by facet, as `DERIVED_SCHEMA`."""
    identity = window.read((SOURCE, ROW))[pl.Series(places, dtype=pl.UInt32)]
    frames = [pl.DataFrame(schema=DERIVED_SCHEMA)]
    for each in told:
        rows = [each.shown.get(place) for place in places]
        columns = {name: [getattr(row, name, None) for row in rows] for name in _OF_SHOWN}
        frames.append(
            pl.DataFrame(
                {
                    "source": identity.get_column(SOURCE),
                    "row": identity.get_column(ROW),
                    "facet": pl.Series([each.facet], dtype=pl.String).new_from_index(0, len(places)),
                    "value": pl.Series(each.values, dtype=pl.String),
                    **columns,
                },
                schema=DERIVED_SCHEMA,
            )
        )
    return pl.concat(frames)


@contextmanager
def writing(path: Path, records: Callable[[], Mapping[str, int]]) -> Iterator[Tell]:
    """Yield what takes the values of a partition, and store them; `records` says how many each facet has, if any.

    Raises:
        InvariantError: a facet has not one value for each record; nothing is stored.

    """
    from pyarrow.parquet import ParquetWriter

    schema = pl.DataFrame(schema=DERIVED_SCHEMA).to_arrow().schema
    told: Counter[str] = Counter()
    with atomic_path(path) as partial:
        with ParquetWriter(partial, schema, compression=COMPRESSION) as writer:

            def tell(values: pl.DataFrame) -> None:
                if values.height:
                    told.update(dict(values.group_by("facet").len().iter_rows()))
                    writer.write_table(values.to_arrow().cast(schema))

            yield tell
        expected = records() if told else {}
        for facet, count in told.items():
            if count != expected.get(facet):
                raise InvariantError(f"{path}: {count:,} values of {facet!r} for {expected.get(facet, 0):,} records")
