"""What a file is: its kind, delimiter and header by its first megabyte, its encoding by all of it.

The suffix does not count.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import content
from rlm_pipeline.sources.dialect import best_split, find_header
from rlm_pipeline.sources.encodings import Encoding, decode_head, guess_wide, settle_encoding

_SAMPLE_BYTES = 1 << 20
_LARGEST_SAMPLE = 1 << 25  # for a header longer than the first sample
_BLANK = " \t\r\n\v\f\x1a\0\ufeff"
_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*[\[{"])')
_MARKUP = re.compile(r"\s*<(?:\?xml|!doctype|!--|[a-z][\w:-]*[\s>/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """How one delimited text file is to be read."""

    detected_type: str  # csv or tsv
    compressed: bool
    encoding: Encoding
    delimiter: str
    header: tuple[str, ...]
    header_line: int  # physical line from 1; 0 without a header
    data_line: int  # physical line the records start on, from 1
    evidence: str


def detect(path: Path, wanted: Literal["auto", "csv", "tsv"] = "auto") -> Detected:
    """How `path` is to be read; `wanted` is the dataset's `format`.

    Raises:
        SourceError: the file is missing, unreadable, empty, binary, or (unless `wanted` names a format) no table.

    """
    head, whole = content.sample(path, _SAMPLE_BYTES)
    _refuse_binary(path, head)
    encoding = settle_encoding(path, head)
    text = _whole_lines(path, encoding, head, whole=whole)
    kind = None if wanted != "auto" else _other_text(text)
    if kind is not None:
        raise SourceError(f"{path} is {kind}, not delimited text; set format: csv or tsv if it is a table all the same")
    try:
        split = best_split(text, wanted)
    except SourceError as error:
        raise SourceError(f"{path} looks like {error}") from error
    if not split.records:
        raise SourceError(f"{path} has no line that can be read as a header; its quotes never close")
    header = find_header(split)
    compressed = content.is_compressed(path)
    return Detected(
        detected_type="tsv" if split.delimiter == "\t" else "csv",
        compressed=compressed,
        encoding=encoding,
        delimiter=split.delimiter,
        header=header.names,
        header_line=header.line,
        data_line=header.data_line,
        evidence="; ".join([*(["gzip"] if compressed else []), split.evidence, header.evidence, encoding.evidence]),
    )


def _refuse_binary(path: Path, head: bytes) -> None:
    if not head:
        raise SourceError(f"{path} is empty (0 bytes); nothing was exported into it")
    kind = content.known_format(head)
    if kind is None and guess_wide(head) is None and content.is_binary(head):
        kind = "binary data"
    if kind is not None:
        advice = "unpack it" if "archive" in kind else "export it as CSV"
        raise SourceError(f"{path} is {kind}, not delimited text; {advice}")


def _whole_lines(path: Path, encoding: Encoding, head: bytes, *, whole: bool) -> str:
    """The lines that lie whole in `head`, or in more of the file if there are not two of them in `head`."""
    text = decode_head(head, encoding, whole=whole)
    if not text.strip().strip(_BLANK):
        raise SourceError(f"{path} holds nothing but white space; nothing was exported into it")
    size = len(head)
    while not whole:
        lines = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        if lines.rstrip("\r\n").count("\n") or lines.rstrip("\r\n").count("\r"):
            return lines
        if size >= _LARGEST_SAMPLE:
            raise SourceError(f"{path} has no line end in its first {size:,} bytes; it is no table of lines")
        size *= 8
        head, whole = content.sample(path, size)
        text = decode_head(head, encoding, whole=whole)
    return text


def _other_text(text: str) -> str | None:
    """JSON or markup, by how the text starts."""
    if _MARKUP.match(text):
        return "markup (XML or HTML)"
    start = text.lstrip()
    if _JSON.match(start):
        return "JSON"
    if start.startswith(("{", "[")):
        try:
            _, end = json.JSONDecoder().raw_decode(start)
        except (ValueError, RecursionError):
            return None
        return "JSON" if start[end : end + 1] in ("", "\r", "\n") else None
    return None
