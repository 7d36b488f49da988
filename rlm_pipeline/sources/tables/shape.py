"""Whether a text is a table, and how it is laid out."""

import re

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.recognition import Recognised, TableShape, TextSample, with_suffix
from rlm_pipeline.sources.tables.dialect import Split, best_split, is_table
from rlm_pipeline.sources.tables.header_rows import Header, find_header

FORMATS = frozenset({"csv", "tsv"})

_DECLARED, _WITH_HEADER, _WITHOUT_HEADER = 0.95, 0.9, 0.6
_BY_NAME = 0.05  # text of any kind that may be a table where the suffix says so: a lone line, lines of one column
_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv"})
_BLANK_LINE = re.compile(r"\S\s*?(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)\s*\S")


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The table that `sample` is; None when it is none, or when it has no line that can be read as a record.

    Raises:
        SourceError: `wanted` is csv or tsv, but no line can be read.

    """
    split = best_split(sample.text, wanted)
    named = sample.suffix in _SUFFIXES
    if wanted in FORMATS and not split.records:
        raise SourceError("has no line that can be read as a header; its quotes never close")
    if wanted not in FORMATS and not is_table(split) and not (named and _is_one_column(split, sample.text)):
        return None
    header = find_header(split)
    return Recognised(
        detected_type="tsv" if split.delimiter == "\t" else "csv",
        confidence=with_suffix(_confidence(split, header), agrees=named),
        evidence=f"{split.evidence}; {header.evidence}",
        table=TableShape(
            delimiter=split.delimiter,
            header=header.names,
            header_line=header.line,
            data_line=header.data_line,
            quoting=split.quoting,
            labels=header.labels,
        ),
    )


def _is_one_column(split: Split, text: str) -> bool:
    """Whether the lines of a text that no delimiter splits may be cells: no blank line stands between them."""
    return split.width == 1 and len(split.records) > 1 and _BLANK_LINE.search(text) is None


def _confidence(split: Split, header: Header) -> float:
    if split.declared:
        return _DECLARED
    if split.width == 1 or len(split.records) == 1:
        return _BY_NAME
    return (_WITH_HEADER if header.line else _WITHOUT_HEADER) * split.share
