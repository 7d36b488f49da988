"""The reference of all commands, made from the commands themselves: `python -m assets.command_line.reference`."""

from collections.abc import Iterator
from typing import Any, get_args

import typer

HEADER = """# Commands

`rlm [--home DIR] [--verbose] COMMAND`. Made from the commands themselves; a test keeps it so. The README tells which
to use when, [parity](parity.md) what they answer to.

CONFIG is a dataset's YAML file, or the name of a dataset that was run or loaded before. Where lists are printed,
`--format text|json|ndjson` says how: NDJSON is one object a line; `--json` is short for `--format json`. Results go to
standard output, everything else to standard error, errors as `{"error": {"type", "message"}}` where JSON was asked for.
Exit codes: 0 worked, 1 failed, 2 called wrongly. A reader that stops early (`| head`) is no failure. No value is
replaced in silence: what is not known is refused.
"""


def reference() -> str:
    """All commands, their arguments and options, as Markdown."""
    from assets.command_line import app

    root = typer.main.get_command(app)
    return "\n".join([HEADER, *_section("rlm", root), *_of_group("rlm", root)]).rstrip() + "\n"


def commands() -> dict[str, frozenset[str]]:
    """Every command, such as `chunk get`, with its options; the root, `rlm`, has the global ones."""
    from assets.command_line import app

    root = typer.main.get_command(app)
    return {
        name: frozenset(spelling for each in found.params for spelling in _spellings(each))
        for name, found in _walk("", root)
    }


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name or "rlm", command
    for each, below in getattr(command, "commands", {}).items():
        yield from _walk(f"{name} {each}".strip(), below)


def _of_group(name: str, group: Any) -> Iterator[str]:
    for each, command in group.commands.items():
        called = f"{name} {each}"
        yield from _section(called, command)
        if hasattr(command, "commands"):
            yield from _of_group(called, command)


def _section(called: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join([called, *(_metavar(each) for each in arguments)])
    yield f"## `{usage}`\n"
    yield f"{' '.join((command.help or '').split())}\n"
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    told = [(_metavar(each), each.help) for each in arguments if each.help and each.name != "config"]
    told += [(", ".join(_spellings(each)), _told(each)) for each in options if each.name not in _OF_TYPER]
    if told:
        yield "| | |\n|---|---|"
        yield from (f"| `{name}` | {(text or '').replace('|', chr(92) + '|')} |" for name, text in told)
        yield ""


def _told(option: Any) -> str:
    """What an option does, what it takes, and what it is without being given."""
    choices = get_args(option.type_descriptor.annotation)
    told = [option.help or ""]
    if choices and all(isinstance(each, str) for each in choices) and "json" not in choices:
        told.append(f"One of {', '.join(choices)}.")
    elif option.max is not None:
        told.append(f"{option.min} to {option.max}.")
    if option.default not in (None, "", False, True, "text") and isinstance(option.default, str | int | float):
        told.append(f"Default: {option.default}.")
    return " ".join(told)


_OF_TYPER = frozenset({"help", "install_completion", "show_completion"})


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _spellings(parameter: Any) -> tuple[str, ...]:
    return (*parameter.opts, *parameter.secondary_opts) if parameter.param_type_name == "option" else ()


if __name__ == "__main__":
    typer.echo(reference(), nl=False)
