"""`rlm buffer`: texts that people and agents keep beside a dataset."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assets.command_line.group import ConfigArgument, JsonOption, open_dataset, print_json
from assets.command_line.matches import (
    CaseOption,
    MatchesOption,
    PatternArgument,
    WindowOption,
    print_matches,
    sought,
)
from assets.command_line.printing import Format, FormatOption, chosen, print_rows, print_table, say, sized
from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import regex, working_texts
from rlm_pipeline.exchange.archive import checked_target
from rlm_pipeline.store import atomic_path

buffer_app = typer.Typer(no_args_is_help=True, help="Named texts kept beside a dataset; its sources are `rlm sources`.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The buffer's name.")]
ContentArgument = Annotated[
    str | None, typer.Argument(metavar="[TEXT]", help="The text; without it, standard input is read.")
]
_PEEKED = 3000


@buffer_app.command("list")
def list_buffers(config: ConfigArgument, format: FormatOption = "text", json: JsonOption = False) -> None:  # noqa: A002
    """List the buffers with their sizes, never their texts."""
    store = open_dataset(config).store
    found = [working_texts.figures(store, name) for name in working_texts.names(store)]
    how = chosen(format, json=json)
    if how != "text":
        print_rows(map(asdict, found), how)
        return
    if not found:
        say(f"{store.name} has no buffers")
        return
    rows = [[each.name, sized(each.bytes), each.characters, each.lines] for each in found]
    print_table(["buffer", "size", "characters", "lines"], rows)


@buffer_app.command("show")
def show(config: ConfigArgument, name: NameArgument, json: JsonOption = False) -> None:
    """Print a buffer."""
    store = open_dataset(config).store
    if json:
        print_json({**asdict(working_texts.figures(store, name)), "text": working_texts.peek(store, name, 0, None)})
        return
    _copy(working_texts.path_of(store, name), None)


@buffer_app.command("add")
def add(config: ConfigArgument, name: NameArgument, text: ContentArgument = None, json: JsonOption = False) -> None:
    """Keep a text under a new name."""
    store = open_dataset(config).store
    _told(working_texts.add(store, name, _content(text)), json=json)


@buffer_app.command("update")
def update(config: ConfigArgument, name: NameArgument, text: ContentArgument = None, json: JsonOption = False) -> None:
    """Replace the text of a buffer."""
    store = open_dataset(config).store
    working_texts.path_of(store, name)
    _told(working_texts.update(store, name, _content(text)), json=json)


@buffer_app.command("delete")
def delete(config: ConfigArgument, name: NameArgument, json: JsonOption = False) -> None:
    """Remove a buffer."""
    working_texts.delete(open_dataset(config).store, name)
    if json:
        print_json({"deleted": name})
    else:
        say(f"{name} deleted")


@buffer_app.command("export")
def export(
    config: ConfigArgument,
    to: Annotated[Path, typer.Option("--out", "-o", help="The file to write, .json or .txt.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    json: JsonOption = False,
) -> None:
    """Write all buffers into one file: JSON with their names, or their texts one after the other."""
    store = open_dataset(config).store
    checked_target(to, (".json", ".txt"), force=force)
    names = working_texts.names(store)
    with atomic_path(to) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        for line in working_texts.joined(store, names, as_json=to.suffix == ".json"):
            file.write(line)
    if json:
        print_json({"path": str(to), "buffers": list(names)})
    else:
        say(f"{len(names)} buffers written to {to}")


@buffer_app.command("peek")
def peek(
    config: ConfigArgument,
    name: NameArgument,
    start: Annotated[int, typer.Option("--start", help="The first character, from 0.")] = 0,
    end: Annotated[int | None, typer.Option("--end", help="The character to stop before; 3,000 on by default.")] = None,
    json: JsonOption = False,
) -> None:
    """Print some characters of a buffer."""
    store = open_dataset(config).store
    text = working_texts.peek(store, name, start, start + _PEEKED if end is None else end)
    if json:
        print_json({"name": name, "start": start, "end": start + len(text), "text": text})
    else:
        say(text)


@buffer_app.command("grep")
def grep(
    config: ConfigArgument,
    name: NameArgument,
    pattern: PatternArgument,
    ignore_case: CaseOption = False,
    max_matches: MatchesOption = 20,
    window: WindowOption = 120,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Find a regular expression in a buffer."""
    store = open_dataset(config).store
    expression = sought(pattern, ignore_case=ignore_case)
    text = working_texts.peek(store, name, 0, None)
    found = regex.find_all(expression, text, most=max_matches, window=window)
    how: Format = chosen(format, json=json)
    total = regex.count(expression, text)
    rows = [{"name": name, "line": text.count("\n", 0, each.start) + 1, **asdict(each)} for each in found]
    print_matches(rows, total, how, place=lambda row: f"{row['name']}:{row['line']} @{row['start']}")


def _content(text: str | None) -> Iterable[bytes]:
    if text is not None:
        return [text.encode("utf-8", "surrogateescape")]
    if sys.stdin is None or sys.stdin.isatty():
        raise QueryError("no text; give one as an argument, or pipe it in")
    return working_texts.blocks(sys.stdin.buffer)


def _told(figures: working_texts.BufferFigures, *, json: bool) -> None:
    if json:
        print_json(asdict(figures))
    else:
        say(f"{figures.name}: {figures.characters:,} characters, {figures.lines:,} lines")


def _copy(path: Path, most: int | None) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        while text := file.read(most or 1 << 16):
            typer.echo(text, nl=False)
