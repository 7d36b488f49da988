"""A source's own text: the bytes or characters of a range, as a person who asks for them raw wants to see them.

Ranges are those of `EXTENT_SCHEMA`: bytes of the decompressed source, characters of the decoded one. What is held is
what is asked for. A plain file is read from where the range starts, all else up to there.
"""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import SourceError
from rlm_pipeline.model import SourceFile, SourceManifest
from rlm_pipeline.sources.content import BLOCK_BYTES, READ_ERRORS, is_compressed, open_decompressed, unreadable
from rlm_pipeline.sources.encodings import LONGEST_MARK, behind_mark, decoded, encoding_of_name
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.places.scratch import Scratch, origin_of
from rlm_pipeline.store import DatasetStore


def read_bytes(
    store: DatasetStore, config: DatasetConfig, partition: str, source: str, *, start: int, end: int
) -> bytes:
    """Bytes `start` to `end` of a decompressed source, as `byte_start` and `byte_end` count them.

    Raises:
        SourceError: the partition has no such source; it is gone or has changed since it was read; or it has columns
            that must not be shown.
        NotMaterialised: raw_file has not run.
        StoreError: there is no room to unpack it.

    """
    with _opened(store, config, partition, source) as (_, path):
        return b"".join(_bytes(path, start, end))


def read_text(store: DatasetStore, config: DatasetConfig, partition: str, source: str, *, start: int, end: int) -> str:
    """Characters `start` to `end` of a decoded source, as `char_start` and `char_end` count them.

    They are as the records have them: stray bytes among UTF-8 are read as Windows-1252, invalid wide characters are
    escapes.

    Raises:
        SourceError, NotMaterialised, StoreError: as `read_bytes`.

    """
    with _opened(store, config, partition, source) as (manifest, path):
        chars, first, last = _around(store, partition, source, start, end)
        encoding = encoding_of_name(manifest.encoding)
        if first:  # there is no mark there
            codec, _ = behind_mark(encoding, b"".join(_bytes(path, 0, LONGEST_MARK)))
            encoding = replace(encoding, codec=codec)
        parts: list[str] = []
        for text in decoded(_bytes(path, first, last), encoding):
            parts.append(text[max(0, start - chars) : max(0, end - chars)])
            chars += len(text)
            if chars >= end:
                break
        return "".join(parts)


def _around(store: DatasetStore, partition: str, source: str, start: int, end: int) -> tuple[int, int, int | None]:
    """A known place before a range of characters, in characters and in bytes, and one behind it in bytes, if any."""
    of_source = store.scan(store.extents_path(partition), "raw_file", partition).filter(pl.col("source") == source)
    before = (
        of_source.filter(pl.col("char_start") <= start)
        .select(pl.col("char_start").max(), pl.col("byte_start").max())
        .collect(engine="streaming")
    )
    behind = of_source.filter(pl.col("char_end") >= end).select(pl.col("byte_end").min()).collect(engine="streaming")
    chars, first = before.row(0)
    return chars or 0, first or 0, behind.item()


@contextlib.contextmanager
def _opened(
    store: DatasetStore, config: DatasetConfig, partition: str, source: str
) -> Iterator[tuple[SourceManifest, Path]]:
    """What was read of a source, and a local file that has just that."""
    sources = store.manifest(partition).sources
    manifest = next((each for each in sources if each.source == source), None)
    if manifest is None:
        names = ", ".join(each.source for each in sources[:3]) + ("" if len(sources) <= 3 else ", ...")
        raise SourceError(f"no source {source!r} was read into partition {partition}; it has {names}")
    _check_may_be_shown(config, manifest)
    inventory = take_inventory(store, config)
    found = (file for files in inventory.partitions.values() for file in files if file.name == source)
    file = next(found, None)
    if file is None:
        raise SourceError(f"{source} is no longer in {config.source}; bring it back, or run again without it")
    facts = inventory.facts[source]
    if facts.sha256 != manifest.sha256:
        raise _changed(file)
    with Scratch(store, config.files) as scratch, scratch.local_copy(file, facts.sha256) as path:
        yield manifest, path


def _check_may_be_shown(config: DatasetConfig, manifest: SourceManifest) -> None:
    if config.redact:
        raise SourceError(
            f"the raw text of {manifest.source} may have personal data in it, which is never shown (redact: true); "
            "ask for its records instead, which have placeholders"
        )
    ignored = [column for column in manifest.header if config.columns.is_ignored(column)]
    if ignored:
        more = f" and {len(ignored) - 3} more" if len(ignored) > 3 else ""
        raise SourceError(
            f"the raw text of {manifest.source} has columns that are never shown (columns.ignore): "
            f"{', '.join(ignored[:3])}{more}; ask for its records instead, which leave them out"
        )


def _changed(file: SourceFile) -> SourceError:
    return SourceError(f"{origin_of(file)} has changed since it was read; run the pipeline again, then ask again")


def _bytes(path: Path, start: int, end: int | None) -> Iterator[bytes]:
    """The bytes of a range of a file, decompressed, in blocks; up to the file's end where `end` is None."""
    try:
        with open_decompressed(path) as stream:
            if is_compressed(path):
                _skip(stream, start)
            else:
                stream.seek(start)
            left = end - start if end is not None else None
            while left is None or left > 0:
                block = cast("io.BufferedReader", stream).read1(BLOCK_BYTES if left is None else min(left, BLOCK_BYTES))
                if not block:
                    return
                left = None if left is None else left - len(block)
                yield block
    except READ_ERRORS as error:
        raise unreadable(path, error) from error


def _skip(stream: BinaryIO, size: int) -> None:
    while size > 0 and (block := stream.read(min(size, BLOCK_BYTES))):
        size -= len(block)
