"""Tables whose first lines are directives that name the columns: W3C logs (IIS, CloudFront) and those of Zeek.

The directive is `#Fields: date time ...` or `#fields<tab>ts<tab>uid ...`; cells stand between tabs or blanks.
Directives among the records are set aside as ragged, those that name the columns again as a repeated header.
"""

import re

from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Quoting, Recognised, TableShape, TextSample
from rlm_pipeline.sources.tables.headers import column_names
from rlm_pipeline.sources.tables.quoting import cells_of_line

FORMATS = frozenset({"csv", "tsv"})

_PROVED = 0.95
_FIELDS = re.compile(r"#fields(?::|(?=\t))(.*)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n?|\n")
_MOST_LINES = 1000
_FEWEST = 2  # columns
_FITTING = 0.5  # of the first lines have as many cells as are named


def recognise(sample: TextSample, wanted: str) -> Recognised | None:  # noqa: ARG001 - judges share their signature
    """The table that `sample` declares itself to be; None where it does not, or its lines do not bear it out."""
    if not sample.text.lstrip("\ufeff").startswith("#"):
        return None
    lines = _LINE_END.split(sample.text, maxsplit=_MOST_LINES)[:_MOST_LINES]
    first = next((place for place, line in enumerate(lines) if line.strip() and line[:1] not in "#\ufeff"), len(lines))
    found = [(place, match[1]) for place, line in enumerate(lines[:first]) if (match := _FIELDS.match(line))]
    if not found:
        return None
    place, fields = found[-1]
    names, body = fields.split(), [line for line in lines[first:] if line.strip()]
    tabs = any("\t" in line for line in body) or "\t" in fields
    delimiter = "\t" if tabs else " "
    fitting = sum(not line.startswith("#") and _width(line, delimiter) == len(names) for line in body)
    if len(names) < _FEWEST or fitting < _FITTING * len(body):
        return None
    quoting = Quoting(quote="") if tabs else PLAIN_QUOTING
    share = fitting / len(body) if body else 1.0
    return Recognised(
        detected_type="tsv" if tabs else "csv",
        confidence=_PROVED,
        evidence=f"#Fields on line {place + 1} names {len(names)} columns, as {share:.1%} of the first lines have",
        table=TableShape(
            delimiter=delimiter,
            header=column_names(names),
            header_line=place + 1,
            data_line=first + 1,
            quoting=quoting,
            labels=(tuple(cells_of_line(lines[place], delimiter, quoting)),),
        ),
    )


def _width(line: str, delimiter: str) -> int:
    quoting = Quoting(quote="") if delimiter == "\t" else PLAIN_QUOTING
    return len(cells_of_line(line, delimiter, quoting))
