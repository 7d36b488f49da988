"""`rlm var` and `rlm global`: named JSON values of a dataset, or of all datasets together."""

import json as jsons
from typing import Annotated, Any

import typer

from assets.command_line.group import ConfigArgument, JsonOption, err, open_dataset, print_json
from assets.command_line.printing import on_one_line, say
from resources.root import open_store
from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import variables
from rlm_pipeline.store import DatasetStore, Store

_LONGEST_SHOWN = 100

NameArgument = Annotated[str, typer.Argument(metavar="[NAME]", help="The variable; without one, all are listed.")]
ValueArgument = Annotated[
    str | None, typer.Argument(metavar="[VALUE]", help="JSON where it is JSON, else a text; without one, it is shown.")
]
DeleteOption = Annotated[bool, typer.Option("--delete", "-d", help="Forget it.")]
TextOption = Annotated[bool, typer.Option("--text", help="Take VALUE for a text even where it is JSON.")]


def of_dataset(
    config: ConfigArgument,
    name: NameArgument = "",
    value: ValueArgument = None,
    delete: DeleteOption = False,
    text: TextOption = False,
    json: JsonOption = False,
) -> None:
    """Show, set, delete or list the variables of a dataset."""
    _act(open_dataset(config).store, name, value, delete=delete, text=text, json=json)


def of_store(
    name: NameArgument = "",
    value: ValueArgument = None,
    delete: DeleteOption = False,
    text: TextOption = False,
    json: JsonOption = False,
) -> None:
    """Show, set, delete or list the variables that all datasets share."""
    _act(open_store(), name, value, delete=delete, text=text, json=json)


def _act(place: DatasetStore | Store, name: str, value: str | None, *, delete: bool, text: bool, json: bool) -> None:
    if delete and (value is not None or not name):
        raise QueryError("--delete takes a name and no value")
    if not name and value is not None:
        raise QueryError("a variable needs a name")
    if not name:
        _list(variables.read_all(place), json=json)
        return
    if delete:
        variables.delete(place, name)
        _told(name, None, "deleted", json=json)
    elif value is not None:
        stored = value if text else variables.value_of(value)
        variables.write(place, name, stored)
        _told(name, stored, "set", json=json)
    else:
        found = variables.read(place, name)
        if json:
            print_json({"name": name, "type": _type(found), "value": found})
        else:
            say(_shown(found))


def _list(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json([{"name": name, "type": _type(value), "value": value} for name, value in found.items()])
        return
    if not found:
        err.print("no variables", highlight=False)
    for name, value in found.items():
        say(f"{name} = {on_one_line(_shown(value), _LONGEST_SHOWN)}")


def _told(name: str, value: Any, what: str, *, json: bool) -> None:
    if json:
        print_json({"name": name, "type": _type(value), "value": value} if what == "set" else {"deleted": name})
    else:
        say(f"{name} {what}")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else jsons.dumps(value, ensure_ascii=False)


def _type(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")
