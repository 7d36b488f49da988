"""What every command shares: options, opening a dataset, and turning errors into one sentence and an exit code."""

import json
import sys
from dataclasses import dataclass
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


class _Commands(typer.core.TyperGroup):
    """Prints an engine error as one sentence instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (ConfigurationError, QueryError) as error:
            say_error(str(error))
            ctx.exit(2)
        except RlmError as error:
            say_error(str(error))
            ctx.exit(1)
        except KeyboardInterrupt:
            say_error("interrupted; what was finished is kept, and the next run goes on from there")
            ctx.exit(1)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(1)


def new_app() -> typer.Typer:
    """The root of all commands."""
    return typer.Typer(
        cls=_Commands,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Discovers a taxonomy, bottom-up and traceable to rows, in records no model can read in one go.",
    )


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
    if not Path(argument).exists() and argument in store.datasets():
        found = store.dataset(argument)
        return Dataset(config=found.config(), store=found)
    if not Path(argument).exists() and store.datasets():
        known = ", ".join(store.datasets())
        raise ConfigurationError(argument, "", f"no such file, and no dataset of that name; there are: {known}")
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
