"""Whether a text is a table, and how it is laid out."""

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.recognition import Recognised, TableShape, TextSample, with_suffix
from rlm_pipeline.sources.tables.dialect import best_split
from rlm_pipeline.sources.tables.header_rows import find_header

FORMATS = frozenset({"csv", "tsv"})

_WITH_HEADER, _WITHOUT_HEADER = 0.9, 0.6
_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv"})


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The table that `sample` is; None when it is none, or when it has no line that can be read as a record.

    Raises:
        SourceError: `wanted` is csv or tsv, but no line can be read.

    """
    try:
        split = best_split(sample.text, wanted)
    except SourceError:
        return None
    if not split.records:
        if wanted in FORMATS:
            raise SourceError("has no line that can be read as a header; its quotes never close")
        return None
    header = find_header(split)
    confidence = (_WITH_HEADER if header.line else _WITHOUT_HEADER) * split.share
    return Recognised(
        detected_type="tsv" if split.delimiter == "\t" else "csv",
        confidence=with_suffix(confidence, agrees=sample.suffix in _SUFFIXES),
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
