"""How results are printed: text for people, one JSON document, or NDJSON with one object a line."""

import json as jsons
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

from assets.command_line.group import out, print_json

Format = Literal["text", "json", "ndjson"]
FormatOption = Annotated[
    Format, typer.Option("--format", "-f", help="text, one JSON document, or NDJSON: one object a line.")
]

_WIDEST = 1000
# A terminal obeys these; a text from a source must not give it orders.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def chosen(format: Format, *, json: bool) -> Format:  # noqa: A002
    """The format asked for: `--json` is short for `--format json`."""
    return "json" if json and format == "text" else format


def print_rows(rows: Iterable[Mapping[str, Any]], format: Format) -> None:  # noqa: A002
    """Objects as one JSON array, or one a line as they come."""
    if format == "json":
        print_json(list(rows))
        return
    for row in rows:
        typer.echo(jsons.dumps(row, ensure_ascii=False, default=str))


def say(text: str, style: str = "") -> None:
    """One text on standard output as it is; on a terminal, control characters become visible."""
    shown = _CONTROLS.sub(lambda found: _visible(found.group()), text) if out.is_terminal else text
    if style and out.is_terminal:
        out.print(shown, style=style, markup=False, highlight=False, soft_wrap=True)
    else:
        typer.echo(shown)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Aligned columns, numbers to the right; never cut, so that what is printed can be copied and piped."""
    texts = [
        [f"{each:,}" if isinstance(each, int) else on_one_line(str(each), _WIDEST) for each in row] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    right = [bool(rows) and isinstance(each, int) for each in (rows[0] if rows else header)]
    for place, line in enumerate([list(header), *texts]):
        cells = zip(line, widths, right, strict=True)
        shown = [text.rjust(width) if to_right else text.ljust(width) for text, width, to_right in cells]
        say("  ".join(shown).rstrip(), style="" if place else "bold")


def on_one_line(text: str, most: int) -> str:
    """At most `most` characters of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def sized(number: int) -> str:
    """Bytes as people say them: 532 B, 1.2 kB, 3.4 MB."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _visible(character: str) -> str:
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"
