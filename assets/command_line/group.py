"""What every command shares: options, opening a dataset, and turning errors into one sentence and an exit code."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from resources.root import open_store
from rlm_pipeline import configuration
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError, NotMaterialised, QueryError, RlmError
from rlm_pipeline.sources.fiscal_year import normalise_partition
from rlm_pipeline.store import DatasetStore

out = Console()
err = Console(stderr=True)

ConfigArgument = Annotated[str, typer.Argument(metavar="CONFIG", help="A dataset's YAML, or a registered name.")]
PartitionOption = Annotated[
    list[str], typer.Option("--partition", "-p", help="A fiscal year, FY2012 or 2012; may be given several times.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]

_FAILED, _CALLED_WRONGLY = 1, 2
_UsageError: Any = typer.BadParameter.__base__  # every way of calling a command wrongly
_JSON_FORMATS = ("json", "ndjson")


class _Commands(typer.core.TyperGroup):
    """Tells an engine error in one sentence instead of a traceback; as JSON to who asked for JSON."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        ctx.meta["rlm.json"] = _asks_for_json(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except RlmError as error:
            _fail(ctx, type(error).__name__, str(error), _exit_code(error))
        except _UsageError as error:
            if not ctx.meta["rlm.json"]:
                raise
            _fail(ctx, "UsageError", error.format_message(), _CALLED_WRONGLY)
        except KeyboardInterrupt:
            said = "interrupted; what was finished is kept, and the next run goes on from there"
            _fail(ctx, "Interrupted", said, _FAILED)
        except BrokenPipeError:
            # The reader has seen enough, as with `| head`. What is still buffered has nowhere to go.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        else:
            return result


def _asks_for_json(arguments: Sequence[str]) -> bool:
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    spelled = {f"{name}{joint}{each}" for name, joint in (("--format", "="), ("-f", "")) for each in _JSON_FORMATS}
    pairs = pairwise(options)
    return (
        "--json" in options
        or not spelled.isdisjoint(options)
        or any(name in {"--format", "-f"} and value in _JSON_FORMATS for name, value in pairs)
    )


def _exit_code(error: RlmError) -> int:
    return _CALLED_WRONGLY if isinstance(error, ConfigurationError | QueryError) else _FAILED


def _fail(ctx: Any, kind: str, message: str, code: int) -> None:
    if ctx.meta["rlm.json"]:
        typer.echo(json.dumps({"error": {"type": kind, "message": message}}, ensure_ascii=False), err=True)
    else:
        say_error(message)
    ctx.exit(code)


def new_app() -> typer.Typer:
    """The root of all commands."""
    app = typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Discovers a taxonomy, bottom-up and traceable to rows, in records no model can read in one go.",
    )
    app.callback()(_global_options)
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rlm {version('rlm-pipeline')}")
        raise typer.Exit


def _global_options(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", metavar="DIR", help="Where everything is stored; as $RLM_HOME, else .rlm.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Tell on standard error what is being done.")
    ] = False,
    show_version: Annotated[  # noqa: ARG001 - acted upon where it is parsed
        bool, typer.Option("--version", "-V", is_eager=True, callback=_say_version, help="Print the version.")
    ] = False,
) -> None:
    if home is not None:
        ctx.call_on_close(_with_environment("RLM_HOME", str(home.expanduser().resolve())))
    if verbose:
        ctx.call_on_close(_logging_to_stderr())


def _with_environment(name: str, value: str) -> Callable[[], None]:
    """Set a variable that worker processes inherit; returns what puts the former one back."""
    before = os.environ.get(name)
    os.environ[name] = value

    def restore() -> None:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before

    return restore


def _logging_to_stderr() -> Callable[[], None]:
    logger, handler = logging.getLogger("rlm_pipeline"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)

    def restore() -> None:
        logger.removeHandler(handler)
        logger.setLevel(level)

    return restore


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset as the commands see it."""

    config: DatasetConfig
    store: DatasetStore


def open_dataset(argument: str) -> Dataset:
    """The dataset of a YAML file, or of a name registered by an earlier run.

    Raises:
        ConfigurationError: neither exists, or the YAML is wrong.

    """
    store = open_store()
    known = store.datasets()
    # A dataset is often named after the folder it was loaded from, which lies right here.
    if argument in known:
        found = store.dataset(argument)
        return Dataset(config=found.current_config(), store=found)
    if not Path(argument).is_file() and known:
        what = "a folder, not a dataset's YAML file" if Path(argument).is_dir() else "no such file"
        raise ConfigurationError(argument, "", f"{what}, and no dataset of that name; there are: {', '.join(known)}")
    config = configuration.load(Path(argument))
    return Dataset(config=config, store=store.dataset(config.name))


def partitions_given(values: list[str]) -> tuple[str, ...]:
    """Partition keys as stored: `2012` becomes `FY2012`."""
    return tuple(dict.fromkeys(normalise_partition(value) for value in values))


def partitions_stored(dataset: Dataset, values: list[str], stage: str) -> tuple[str, ...]:
    """The partitions given, else all that the stage has stored.

    Raises:
        NotMaterialised: it has stored none.

    """
    found = partitions_given(values) or dataset.store.partitions_with(stage)
    if not found:
        raise NotMaterialised(stage, None, dataset.config.name)
    return found


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def say_error(message: str) -> None:
    """One sentence on standard error."""
    err.print("[bold red]error:[/]", end=" ")
    err.print(message, markup=False, highlight=False, soft_wrap=True)
