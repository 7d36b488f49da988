"""`rlm taxonomy curate`: one more decision in the file of decisions, checked against what was discovered."""

import re
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from assets.command_line.group import ConfigArgument, Dataset, JsonOption, open_dataset, out, print_json
from rlm_pipeline import curation
from rlm_pipeline.curation import SUFFIX, Curation
from rlm_pipeline.errors import CurationError, QueryError
from rlm_pipeline.store import write_text
from rlm_pipeline.taxonomy.curation import pinned, plan
from rlm_pipeline.taxonomy.curation.changes import Fitted
from rlm_pipeline.taxonomy.dimensions import load
from rlm_pipeline.taxonomy.document import Dimension

_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_HEADER = "# Decisions about the taxonomy: docs/curation.md says what each does.\ndecisions:\n"

_OPTIONS = {"as": "as", "definition": "as", "words": "word", "rows": "row"}
"""What an option is called whose key in the file is called otherwise."""

_OF_DIMENSIONS = ("rename_dimension", "describe_dimension")


def curate(
    config: ConfigArgument,
    of: Annotated[str, typer.Option("--of", help="The dimension's id, name or column.")],
    rename: Annotated[str, typer.Option("--rename", help="A category, by id or name, that is called --to.")] = "",
    merge: Annotated[
        list[str], typer.Option("--merge", help="A category; several times: all are one, under the id of the first.")
    ] = [],
    split_off: Annotated[
        str,
        typer.Option("--split-off", help="The name of a new category: what has a --word, --pattern or --row."),
    ] = "",
    pin: Annotated[str, typer.Option("--pin", help="A category that stays, also when it is found no longer.")] = "",
    forbid: Annotated[
        str, typer.Option("--forbid", help="A category that is not published: its records are other.")
    ] = "",
    describe: Annotated[str, typer.Option("--describe", help="A category whose definition is --as.")] = "",
    rename_dimension: Annotated[
        bool, typer.Option("--rename-dimension", help="The dimension itself is called --to.")
    ] = False,
    describe_dimension: Annotated[
        bool, typer.Option("--describe-dimension", help="The dimension's own definition is --as.")
    ] = False,
    to: Annotated[str, typer.Option("--to", help="The name, of --rename, --merge, --rename-dimension.")] = "",
    origin: Annotated[str, typer.Option("--from", help="What --split-off splits.")] = "",
    word: Annotated[list[str], typer.Option("--word", help="Statements that hold it; several times.")] = [],
    pattern: Annotated[str, typer.Option("--pattern", help="Statements that match this regular expression.")] = "",
    row: Annotated[list[str], typer.Option("--row", help="Statements of records such as fy2012.csv:1042.")] = [],
    definition: Annotated[str, typer.Option("--as", help="The definition.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why; it is shown with the decision.")] = "",
    json: JsonOption = False,
) -> None:
    """Write one decision into the dataset's file of decisions; the next run carries it out.

    Categories are written by their ids, which outlive their names.
    """
    dataset = open_dataset(config)
    given: dict[str, Any] = {
        "rename": rename, "merge": merge, "split_off": split_off, "pin": pin, "forbid": forbid, "describe": describe,
        "rename_dimension": of if rename_dimension else "", "describe_dimension": of if describe_dimension else "",
    }  # fmt: skip
    kinds = [kind for kind, value in given.items() if value]
    if len(kinds) != 1:
        raise QueryError(f"expected one of {', '.join('--' + kind.replace('_', '-') for kind in given)}")
    kind = kinds[0]
    is_described = {"definition" if kind == "split_off" else "as": definition}
    about = {} if kind in _OF_DIMENSIONS else {"of": of}
    extra = {**about, "to": to, "from": origin, "words": word, "pattern": pattern, "rows": row, **is_described}
    content = {kind: given[kind], **{key: value for key, value in extra.items() if value}}
    content |= {"note": note} if note else {}
    path = _path(dataset)
    fitted = _fitted(dataset, content, path)
    content, names = _by_id(content, fitted, load(dataset.store).dimensions)
    text = _with(path, dataset.config.curation, content, names)
    made = curation.parsed(text, path)
    plan.make(load(dataset.store).dimensions, made, pinned.read(dataset.store))
    write_text(text, path)
    if dataset.config.curation.file != str(path):
        dataset.store.register(dataset.config.model_copy(update={"curation": made}))
    if json:
        print_json({"file": str(path), "decision": content, "reason": fitted.reason})
        return
    out.print(f"{path}: {fitted.decision.told}", markup=False, highlight=False, soft_wrap=True)
    if fitted.reason:
        out.print(fitted.reason, markup=False, highlight=False, soft_wrap=True)
    number = len(made.decisions)
    out.print(f"{number} {noun(number)}; the next `rlm run` carries out what is new", highlight=False)


def noun(number: int) -> str:
    """What that many decisions are called."""
    return "decision" if number == 1 else "decisions"


def _path(dataset: Dataset) -> Path:
    """Beside the dataset's YAML; of a dataset without one, beside its registered configuration."""
    path = Path(dataset.config.curation.file)
    if dataset.config.curation.file and path.parent.is_dir():
        return path
    registered = dataset.store.config_path
    return registered.with_name(f"{registered.stem}{SUFFIX}").resolve()


def _fitted(dataset: Dataset, content: dict[str, Any], path: Path) -> Fitted:
    """The new decision among the others, against what was discovered."""
    try:
        alone = curation.parsed(yaml.safe_dump({"decisions": [content]}), path).decisions
    except CurationError as error:
        kind = next(iter(content)).replace("_", "-")
        key = error.key.partition(".")[2]
        about = f"--{_OPTIONS.get(key.partition('.')[0], key)}: " if key else ""
        raise QueryError(f"--{kind}: {about}{error.expected}") from error
    made = Curation(file=str(path), decisions=(*dataset.config.curation.decisions, *alone))
    fitted = plan.make(load(dataset.store).dimensions, made, pinned.read(dataset.store)).decisions[-1]
    if not fitted.fits:
        raise QueryError(f"{fitted.decision.told}: {fitted.reason}")
    return fitted


def _by_id(
    content: dict[str, Any], fitted: Fitted, dimensions: tuple[Dimension, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The decision with ids for names, and the names of these."""
    dimension = next(each for each in dimensions if each.id == fitted.dimension)
    kind = fitted.decision.kind
    if kind in _OF_DIMENSIONS:
        return {**content, kind: dimension.id}, {dimension.id: dimension.name}
    named = {each.id: each.name for each in dimension.categories}
    ids = (fitted.origin,) if kind == "split_off" else fitted.categories
    referred = "from" if kind == "split_off" else kind
    replaced = {"of": dimension.id, referred: list(ids) if kind == "merge" else ids[0]}
    names = {dimension.id: dimension.name, **{each: named[each] for each in ids if each in named}}
    return {**content, **replaced}, names


def _with(path: Path, known: Curation, content: dict[str, Any], names: dict[str, str]) -> str:
    """The file with one decision more: what a person wrote in it stays as it is."""
    if path.exists() and known.decisions:
        text = path.read_text(encoding="utf-8").rstrip("\n") + "\n"
    elif path.exists():
        comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        text = "".join(f"{line}\n" for line in comments) + "decisions:\n"
    else:
        before = [each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in known.decisions]
        text = _HEADER + "".join(map(_item, before))
    said = ", ".join(f"{identity} is “{' '.join(name.split())}”" for identity, name in names.items())
    first = _ITEM.search(text)
    return text + textwrap.indent(f"# {said}\n{_item(content)}", first.group(1) if first else "")


def _item(content: dict[str, Any]) -> str:
    return yaml.safe_dump([content], sort_keys=False, allow_unicode=True, width=110)
