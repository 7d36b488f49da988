"""What the commands that look for a regular expression share."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from assets.command_line.group import err, print_json
from assets.command_line.printing import Format, on_one_line, print_rows, say
from rlm_pipeline.exchange import regex

PatternArgument = Annotated[
    str, typer.Argument(metavar="REGEX", help="A regular expression without look-around and back-references.")
]
CaseOption = Annotated[bool, typer.Option("--ignore-case", "-i", help="Whatever the case.")]
MatchesOption = Annotated[int, typer.Option("--max-matches", "-n", min=1, help="Show at most this many.")]
WindowOption = Annotated[int, typer.Option("--window", "-w", min=0, help="Characters shown before and behind a match.")]


def sought(pattern: str, *, ignore_case: bool) -> str:
    """The pattern, checked."""
    return regex.compiled(pattern, ignore_case=ignore_case)


def print_matches(
    rows: Sequence[dict[str, Any]],
    total: int,
    format: Format,  # noqa: A002
    place: Callable[[dict[str, Any]], str],
) -> None:
    """The matches shown, and how many there are."""
    if format == "json":
        print_json({"total": total, "shown": len(rows), "matches": list(rows)})
        return
    if format == "ndjson":
        print_rows(rows, format)
    else:
        for row in rows:
            say(f"{place(row)}: {on_one_line(row['snippet'], 100_000)}")
    if total != len(rows) or not total:
        err.print(f"{len(rows):,} of {total:,} matches", highlight=False)
