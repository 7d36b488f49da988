"""What must hold of the extents of a source, whatever it is."""

from dataclasses import replace

import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.model import EXTENT_SCHEMA, SOURCE
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.content import blocks
from rlm_pipeline.sources.encodings import behind_mark, decoded, encoding_of_name
from rlm_pipeline.sources.own_columns import VERBATIM


def check_source(extents, source, content, *, whole=True):
    """The ranges of one source tile its `content`, decompressed bytes; returns its decoded text."""
    text = "".join(decoded([content], encoding_of_name(source.encoding)))
    mine = extents.filter(pl.col("source") == source.source)
    assert mine.height == source.rows + source.quarantined
    assert mine["stored"].sum() == source.rows
    assert mine["row"].is_sorted()
    ordered = mine.sort("char_start", "char_end", maintain_order=True)
    if whole and ordered.height:
        assert mine["row"].to_list() == list(range(1, mine.height + 1))
        assert ordered["char_start"].to_list() == [0, *ordered["char_end"][:-1]]
        assert ordered["byte_start"].to_list() == [0, *ordered["byte_end"][:-1]]
        assert ordered["char_end"][-1] == len(text)
        assert ordered["byte_end"][-1] == len(content)
    for each in ordered.iter_rows(named=True):
        chars, of_bytes = text[each["char_start"] : each["char_end"]], content[each["byte_start"] : each["byte_end"]]
        assert decoded_part(source.encoding, of_bytes, content, is_behind=each["byte_start"] > 0) == chars
        if source.detected_type in VERBATIM:
            assert each["text"] == chars
        else:
            assert each["text"] is None
    return text


def decoded_part(name, part, content, *, is_behind):
    """A range of bytes as text; behind a byte order mark, what it says is known."""
    encoding = encoding_of_name(name)
    if is_behind:
        encoding = replace(encoding, codec=behind_mark(encoding, content)[0])
    return "".join(decoded([part], encoding))


def read(store, source, wanted="auto", partition="all", by=None):
    """Run raw_file; the manifest and the extents."""
    config = DatasetConfig(name=store.name, source=str(source), format=wanted, partition=by or {"by": "none"})
    manifest = raw_file.materialise(store, config, partition)
    extents = pl.read_parquet(store.extents_path(partition))
    assert extents.schema == EXTENT_SCHEMA
    counted = extents.filter("stored").group_by("source").len()
    records = store.scan_records(partition).group_by(SOURCE).len().collect()
    assert dict(counted.iter_rows()) == dict(records.iter_rows())
    return manifest, extents


def check_files(store, source, folder, wanted="auto"):
    """Read all files of a folder, uncompressed ones, and check each."""
    manifest, extents = read(store, source, wanted)
    for each in manifest.sources:
        check_source(extents, each, b"".join(blocks(folder / each.source)))
    return manifest, extents
