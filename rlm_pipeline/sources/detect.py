"""What a file is: its type by its first megabyte, its encoding by all of it.

The content decides; a suffix is a hint that tips the balance between families that are about as sure.
"""

from collections.abc import Callable
from pathlib import Path

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import content
from rlm_pipeline.sources.code import shape as code_shape
from rlm_pipeline.sources.configs import signs as config_signs
from rlm_pipeline.sources.encodings import Encoding, decode_head, guess_wide, settle_encoding
from rlm_pipeline.sources.json_files import shape as json_shape
from rlm_pipeline.sources.logs import shape as log_shape
from rlm_pipeline.sources.prose import signs as prose_signs
from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Detected, Recognised, TextSample
from rlm_pipeline.sources.tables import directives, shape

_SAMPLE_BYTES = 1 << 20
_LARGEST_SAMPLE = 1 << 25  # for a header longer than the first sample
_MANY_ENDS = 1000  # of empty lines: more of the file would hardly tell more
_BLANK = " \t\r\n\v\f\x1a\0\ufeff"

_FAMILIES: tuple[tuple[frozenset[str], Callable[[TextSample, str], Recognised | None]], ...] = (
    (directives.FORMATS, directives.recognise),
    (code_shape.FORMATS, code_shape.recognise),
    (json_shape.FORMATS, json_shape.recognise),
    (config_signs.FORMATS, config_signs.recognise),
    (log_shape.FORMATS, log_shape.recognise),
    (prose_signs.FORMATS, prose_signs.recognise),
    (shape.FORMATS, shape.recognise),
)
"""The formats a family serves, by the names a configuration uses, and its judge; the costliest is asked last."""

_SURE = 0.92
"""No other family is asked once one is as sure as this: looking for a table costs a CPU second per MB."""


def detect(path: Path, wanted: str = "auto", *, name: str | None = None) -> Detected:
    """How `path` is to be read; `wanted` is the dataset's `format`, `name` what the file is cited by.

    Raises:
        SourceError: the file is missing, unreadable, empty, binary, or not what `wanted` says.

    """
    head, whole = content.sample(path, _SAMPLE_BYTES)
    _refuse_binary(path, head)
    encoding = settle_encoding(path, head)
    sample = TextSample(name=name or path.name, text=_whole_lines(path, encoding, head, whole=whole), whole=whole)
    recognised = _recognised(path, sample, wanted)
    compressed = content.is_compressed(path)
    evidence = [*(["compressed"] if compressed else []), recognised.evidence, encoding.evidence]
    table = recognised.table
    return Detected(
        detected_type=recognised.detected_type,
        compressed=compressed,
        encoding=encoding,
        evidence="; ".join(evidence),
        delimiter=table.delimiter if table else "",
        header=table.header if table else (),
        header_line=table.header_line if table else 0,
        data_line=table.data_line if table else 1,
        quoting=table.quoting if table else PLAIN_QUOTING,
        labels=table.labels if table else (),
    )


def _recognised(path: Path, sample: TextSample, wanted: str) -> Recognised:
    """The verdict of the family that is most sure, among those that serve `wanted`."""
    asked = [recognise for formats, recognise in _FAMILIES if wanted == "auto" or wanted in formats]
    best: Recognised | None = None
    for recognise in asked:
        try:
            verdict = recognise(sample, wanted)
        except SourceError as error:
            raise SourceError(f"{path} {error}") from error
        if verdict is not None and (best is None or verdict.confidence > best.confidence):
            best = verdict
        if best is not None and best.confidence >= _SURE:
            break
    if best is None:
        kind = "text of a known kind" if wanted == "auto" else wanted
        raise SourceError(f"{path} is not {kind}; set format: csv or tsv if it is a table all the same")
    return best


def _refuse_binary(path: Path, head: bytes) -> None:
    if not head:
        raise SourceError(f"{path} is empty (0 bytes); nothing was exported into it")
    kind = content.known_format(head)
    if kind is None and guess_wide(head) is None and content.is_binary(head):
        kind = "binary data"
    if kind is not None:
        advice = "unpack it" if "archive" in kind else "export it as CSV"
        raise SourceError(f"{path} is {kind}, not text; {advice}")


def _whole_lines(path: Path, encoding: Encoding, head: bytes, *, whole: bool) -> str:
    """The lines that lie whole in `head`, or in more of the file if there are not two of them in `head`."""
    text = decode_head(head, encoding, whole=whole)
    if not text.strip().strip(_BLANK):
        raise SourceError(f"{path} holds nothing but white space; nothing was exported into it")
    size = len(head)
    while not whole:
        lines = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        filled = lines.rstrip("\r\n")
        if filled.count("\n") or filled.count("\r") or len(lines) - len(filled) > _MANY_ENDS:
            return lines
        if size >= _LARGEST_SAMPLE:
            return text
        size = min(8 * size, _LARGEST_SAMPLE)
        head, whole = content.sample(path, size)
        text = decode_head(head, encoding, whole=whole)
    return text
