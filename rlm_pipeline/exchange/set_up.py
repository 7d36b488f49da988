"""A dataset without a YAML file: named after what it is read from, with settings given in words."""

import os
import re
from pathlib import Path
from typing import Any

import pydantic

from rlm_pipeline.configuration import STANDARD_INPUT, DatasetConfig
from rlm_pipeline.errors import QueryError, SourceError
from rlm_pipeline.store import Store

_SUFFIXES = "tar|tgz|zip|gz|bz2|zst|xz|csv|tsv|json|jsonl|ndjson|log|txt|md"
_ARCHIVE_OR_FORMAT = re.compile(rf"(\.({_SUFFIXES}))+$", re.IGNORECASE)


def set_up(store: Store, source: str, *, name: str = "", chunking: dict[str, Any]) -> DatasetConfig:
    """The configuration of a dataset over a file, folder, archive, glob or URI; it is registered.

    A dataset of that name and source keeps its settings where `chunking` does not give others.

    Raises:
        SourceError: there is nothing at a path.
        QueryError: the name cannot be one or belongs to another source, or a setting is out of its range.

    """
    absolute = _absolute(source)
    name = name or name_after(source)
    known = store.dataset(name)
    before = known.config() if known.config_path.exists() else None
    if before and before.source != absolute:
        raise QueryError(f"the dataset {name!r} is read from {before.source}; give another --name for {absolute}")
    settings: dict[str, Any] = before.model_dump(mode="json") if before else {"name": name, "source": absolute}
    settings["chunking"] = {**settings.get("chunking", {}), **chunking}
    try:
        config = DatasetConfig.model_validate(settings)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise QueryError(f"{key}: {first['msg'].removeprefix('Value error, ')}") from error
    known.register(config)
    return config


def name_after(source: str) -> str:
    """A dataset's name made of a path's last part, without suffixes of formats and archives.

    Raises:
        QueryError: nothing of it can be in a name.

    """
    last = source.rstrip("/").rpartition("/")[2]
    if not last or last in {".", ".."}:
        last = Path(source).resolve().name
    words = re.sub(r"[^a-z0-9]+", "_", _ARCHIVE_OR_FORMAT.sub("", last).lower()).strip("_")
    if not words:
        raise QueryError(f"no dataset can be named after {source!r}; give a --name")
    return words if words[0].isalpha() else f"d_{words}"


def _absolute(source: str) -> str:
    if source == STANDARD_INPUT or "://" in source:
        return source
    if not source.strip():
        raise QueryError("the path is empty; give a file, folder, archive, glob or URI ('.' is this folder)")
    path = os.path.normpath(Path.cwd() / Path(source).expanduser())
    if not Path(path).exists() and not any(each in source for each in "*?["):
        raise SourceError(f"{source}: no such file or directory (looked for {path})")
    return path
