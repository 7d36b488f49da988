"""What a person says about the names of columns, `columns: rename:` of the dataset's configuration."""

import difflib
from collections.abc import Mapping, Sequence

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.profiling.matching.alignment import Spelling

_SUGGESTIONS = 3
_SHOWN = 10


def given_names(config: DatasetConfig, names: Mapping[str, Sequence[str]]) -> dict[Spelling, str]:
    """(partition, column) -> the name that the configuration gives it.

    A key is a column's spelling in any partition, or `FY2014:prio` for the column prio of that partition alone. A
    column mapped to itself is given its own name: it stays apart from columns of other names.

    Args:
        config: the dataset's configuration.
        names: partition -> its columns.

    Raises:
        ConfigurationError: a key is no column of any partition, or two columns of one partition get one name.

    """
    given: dict[Spelling, str] = {}
    by_partition: dict[Spelling, str] = {}
    for key, name in config.columns.rename.items():
        everywhere = {(partition, key): name for partition, columns in names.items() if key in columns}
        if everywhere:
            given |= everywhere
        else:
            by_partition[_of_partition(config, key, names)] = name
    given |= by_partition
    _check_one_to_one(config, given, names)
    return given


def suggestion(name: str, spellings: Sequence[str]) -> str:
    """What to say of a column that does not exist: similar ones, or all there are."""
    by_key = {spelling.casefold(): spelling for spelling in spellings}
    close = difflib.get_close_matches(name.casefold(), by_key, n=_SUGGESTIONS, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(repr(by_key[key]) for key in close)}?"
    shown = ", ".join(map(repr, spellings[:_SHOWN]))
    return f"there are {shown}" + (f" and {len(spellings) - _SHOWN} more" if len(spellings) > _SHOWN else "")


def _of_partition(config: DatasetConfig, key: str, names: Mapping[str, Sequence[str]]) -> Spelling:
    partition, colon, column = key.partition(":")
    if colon and partition in names:
        if column in names[partition]:
            return partition, column
        hint = suggestion(column, sorted(names[partition]))
        raise _problem(config, f"no column {column!r} in {partition}; {hint}")
    spellings = sorted({spelling for columns in names.values() for spelling in columns})
    raise _problem(config, f"no column {key!r} in any partition; {suggestion(key, spellings)}")


def _check_one_to_one(config: DatasetConfig, given: Mapping[Spelling, str], names: Mapping[str, Sequence[str]]) -> None:
    for partition, columns in names.items():
        taken: dict[str, str] = {}
        for column in columns:
            name = given.get((partition, column), column)
            other = taken.setdefault(name, column)
            if other != column:
                raise _problem(
                    config,
                    f"{other!r} and {column!r} of {partition} would both be {name!r}; a column is one of them, "
                    f"write {partition}:{column} as the key to name it in that partition alone",
                )


def _problem(config: DatasetConfig, message: str) -> ConfigurationError:
    return ConfigurationError(f"dataset {config.name}", "columns.rename", message)
