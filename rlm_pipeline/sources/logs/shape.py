"""Whether a text is a log."""

import re
from collections.abc import Sequence

from rlm_pipeline.sources.logs.header import SURE
from rlm_pipeline.sources.logs.layout import CONTINUATION, infer
from rlm_pipeline.sources.logs.timestamps import SHAPES
from rlm_pipeline.sources.recognition import Recognised, TextSample, unpacked, with_suffix

FORMATS = frozenset({"log"})

_LOG, _TABLE_TOO, _ANY_TEXT = 0.8, 0.5, 0.1
_MOST_LINES = 1_000
_NAME = re.compile(
    r"\.log(?:[.-][\w.-]*)?$|\.(?:err|trace)$|(?:^|/)(?:syslog|messages|dmesg)(?:\.\d+)?$", re.IGNORECASE
)
_DELIMITERS = ",;|\t"
_FEWEST_CELLS = 4
_LOOKED_AT = 4_096  # characters of a line
_USUAL = 0.8  # of the lines that are not continuations


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The log that `sample` is: by most of its lines beginning alike, with a time or a level, or by its name alone.

    Lines of four cells or more, of which one is the time, are rather a table, and lines of JSON are no log.
    """
    lines = [line for line in re.split(r"\r\n|\n|\r", sample.text, maxsplit=_MOST_LINES)[:_MOST_LINES] if line.strip()]
    agrees = _NAME.search(str(unpacked(sample.name))) is not None
    first = [line for line in lines if not CONTINUATION.match(line)]
    if wanted != "log" and sum(line.startswith("{") for line in first) >= _USUAL * len(first):
        return None
    layouts = infer(lines)
    headed = [line for line in first if any(layout.header(line) for layout in layouts)]
    share = len(headed) / max(1, len(first))
    # Messages may go on for lines that look like nothing.
    if share >= _USUAL or (headed and any(layout.header(first[0]) for layout in SURE)):
        confidence = (_TABLE_TOO if _is_table(headed) else _LOG) * (share if share < _USUAL else 1.0)
        kinds = " or ".join(layout.name for layout in layouts if layout.share)
        evidence = f"{share:.0%} of the lines begin with a header ({kinds})"
        return Recognised(detected_type="log", confidence=with_suffix(confidence, agrees=agrees), evidence=evidence)
    if wanted == "log" or agrees:
        evidence = f"lines of text, {share:.0%} of them with a header"
        return Recognised(detected_type="log", confidence=with_suffix(_ANY_TEXT, agrees=agrees), evidence=evidence)
    return None


def _is_table(lines: Sequence[str]) -> bool:
    """Whether most lines are cells, four or more, of which one is the time and nothing else."""
    return any(_has_cells(lines, delimiter) for delimiter in _DELIMITERS)


def _has_cells(lines: Sequence[str], delimiter: str) -> bool:
    # A bar is what logs put between the pieces of a header too: only a table has as many in all lines.
    if delimiter == "|" and len({line.count(delimiter) for line in lines}) > 1:
        return False
    stamps = "|".join(SHAPES.values())
    between = re.escape(delimiter)
    # A comma before a blank, or before three digits and a blank, is one of a log: 12:00:00, Info; 12:00:00,123 INFO.
    cell = re.compile(rf"""(?:^|{between})["']?(?:{stamps})["']?{between}(?! |\d{{3}}[\] \t])""", re.ASCII)
    cells = sum(
        line.count(delimiter) >= _FEWEST_CELLS - 1 and cell.search(line[:_LOOKED_AT]) is not None for line in lines
    )
    return cells >= _USUAL * len(lines)
