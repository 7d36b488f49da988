"""A source's own text at a record, a line or some characters; refused where it has columns that are never shown."""

from collections.abc import Sequence

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import shown_records
from rlm_pipeline.exchange.peek import Where, chosen_extents
from rlm_pipeline.exchange.shown_records import ShownRecord
from rlm_pipeline.sources import source_text
from rlm_pipeline.store import DatasetStore


def peek(
    store: DatasetStore, config: DatasetConfig, source: str, where: Where, *, partitions: Sequence[str] = ()
) -> tuple[ShownRecord, ...]:
    """The text of the source there, also of what was set aside: whole records by number or line, else characters.

    Raises:
        NotMaterialised: raw_file has not run.
        QueryError: there is no such source, record or line, or the range is none.
        SourceError: the file is gone, has changed since it was read, or has columns that must not be shown.

    """
    where.check()
    for partition, read in shown_records.sources_read(store, partitions, [source]).items():
        name = read[0].source
        extents = chosen_extents(store, partition, name, where).sort("char_start").collect()
        if extents.is_empty():
            continue
        start, end = int(extents["char_start"][0]), int(extents["char_end"].max())  # type: ignore[arg-type]
        if where.by_characters:
            first, last = where.characters()
            start, end = max(start, first), min(end, last)
        text = source_text.read_text(store, config, partition, name, start=start, end=end)
        before = extents.filter(pl.col("char_start") <= start).tail(1)
        return (
            ShownRecord(
                partition=partition,
                source=name,
                row=int(before["row"][0]),
                line=int(before["line"][0]),
                char_start=start,
                char_end=start + len(text),
                byte_start=int(extents["byte_start"][0]),
                byte_end=int(extents["byte_end"].max()),  # type: ignore[arg-type]
                verbatim=True,
                place="",
                text=text,
            ),
        )
    if where.by_characters:
        return ()
    raise QueryError(f"{source} of {store.name} has no such record or line")
