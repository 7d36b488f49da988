"""Named JSON values that agents leave for each other: of one dataset, or of the whole store."""

import contextlib
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rlm_pipeline.errors import QueryError, StoreError
from rlm_pipeline.store import DatasetStore, Store, read_json, write_json

LONGEST_NAME = 200


def path_of(place: DatasetStore | Store) -> Path:
    """The file that holds the variables of a dataset, or of the store over all datasets."""
    return (place.folder if isinstance(place, DatasetStore) else place.root) / "variables.json"


def read_all(place: DatasetStore | Store) -> dict[str, Any]:
    """Every variable by name, sorted.

    Raises:
        StoreError: the file is damaged.

    """
    path = path_of(place)
    return dict(sorted(read_json(path).items())) if path.exists() else {}


def read(place: DatasetStore | Store, name: str) -> Any:
    """One value.

    Raises:
        StoreError: there is none of that name, told with those there are; or the file is damaged.

    """
    found = read_all(place)
    if name not in found:
        raise _absent(name, found)
    return found[name]


def write(place: DatasetStore | Store, name: str, value: Any) -> None:
    """Set a variable; several processes may do so at once.

    Raises:
        QueryError: the name is empty, too long, or holds control characters.
        StoreError: the file cannot be written.

    """
    if not name.strip() or len(name) > LONGEST_NAME or any(unicodedata.category(each) == "Cc" for each in name):
        raise QueryError(f"{name!r} cannot be a variable's name; use 1 to {LONGEST_NAME} printable characters")
    with _alone(path_of(place)):
        write_json({**read_all(place), name: value}, path_of(place))


def delete(place: DatasetStore | Store, name: str) -> None:
    """Forget a variable.

    Raises:
        StoreError: there is none of that name, told with those there are; or the file is damaged.

    """
    with _alone(path_of(place)):
        found = read_all(place)
        if name not in found:
            raise _absent(name, found)
        del found[name]
        write_json(found, path_of(place))


def value_of(text: str) -> Any:
    """What a person typed, as a value: JSON where it is JSON (`3`, `true`, `[1, 2]`, `"3"`), else the text itself."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _absent(name: str, found: dict[str, Any]) -> StoreError:
    return StoreError(f"no variable {name!r}; there are: {', '.join(found)}" if found else f"no variable {name!r}")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from changing `path` between reading and writing it."""
    import fcntl  # only where there are such locks; reading does without

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f".{path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}. Free space or fix permissions") from error
