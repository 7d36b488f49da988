"""What is stored of a partition compared with what was read, before it takes the place of what was stored before."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import SOURCE, Manifest
from rlm_pipeline.sources.places.examination import FileFacts
from rlm_pipeline.sources.readers import BUNDLES


def check_counted(targets: Mapping[str, Path], set_aside: Path, manifest: Manifest) -> None:
    """Compare what the records files, by name, and the quarantine hold with what the readers counted.

    Of a file that is one source's the footer tells: opening thousands as frames takes longer than writing them.

    Raises:
        InvariantError: they differ.

    """
    stored: Counter[str] = Counter()
    names = {source.records_file: source.source for source in manifest.sources}
    for name, path in targets.items():
        if name in BUNDLES.values():
            stored.update(dict(pl.scan_parquet(path).group_by(SOURCE).len().collect().iter_rows()))
        else:
            stored[names[name]] += pq.read_metadata(path).num_rows
    counted = Counter({source.source: source.rows for source in manifest.sources})
    aside = int(pl.scan_parquet(set_aside).select(pl.len()).collect().item())
    if stored != counted or aside != manifest.quarantined:
        wrong = sorted(name for name in {*stored, *counted} if stored[name] != counted[name])
        first = f"; first {wrong[0]}: {counted[wrong[0]]:,} counted, {stored[wrong[0]]:,} stored" if wrong else ""
        raise InvariantError(
            f"partition {manifest.partition}: {counted.total():,} records were counted and {manifest.quarantined:,} "
            f"set aside, but {stored.total():,} and {aside:,} were stored{first}; please report it"
        )


def check_tiled(placed: Path, manifest: Manifest, facts: Mapping[str, FileFacts]) -> None:
    """Compare the extents with what was counted: one for each record, and none of a source's text left out.

    Raises:
        InvariantError: they differ.

    """
    lengths = [(pl.col(f"{of}_end") - pl.col(f"{of}_start")).sum().alias(f"{of}s") for of in ("char", "byte")]
    frame = pl.scan_parquet(placed).group_by("source")
    found = frame.agg(
        pl.len(), pl.col("stored").sum(), *lengths, pl.col("char_start").min(), pl.col("char_end", "byte_end").max()
    ).collect(engine="streaming")
    by_source = {each["source"]: each for each in found.iter_rows(named=True)}
    for source in manifest.sources:
        records = source.rows + source.quarantined
        each = by_source.pop(source.source, None)
        wrong = records if each is None else (each["len"], each["stored"]) != (records, source.rows)
        if each is not None and facts[source.source].years is None:
            wrong |= (each["char_start"], each["chars"], each["bytes"]) != (0, each["char_end"], each["byte_end"])
        if wrong:
            raise InvariantError(
                f"{source.source}: {source.rows:,} records were stored and {source.quarantined:,} set aside, but the "
                f"ranges of the source are {each}; please report it"
            )
