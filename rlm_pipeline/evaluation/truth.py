"""What is known about the records: a column of theirs, or a file whose rows name them by a key."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import QueryError
from rlm_pipeline.evaluation.known_records import columns_named, first_filled
from rlm_pipeline.known_truth import is_file
from rlm_pipeline.model import RECORD_IDENTITY, ROW, SOURCE
from rlm_pipeline.store import DatasetStore

PLACE = ("source", "row")
"""The key that names a record by its file and its number in it, as `rlm` shows records."""

PATH = " > "
"""What stands between the levels of a known category that is a path in a tree."""

_SHOWN = 5
_KNOWN = "_known"
_READERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Rows of a file of truth that name no record, of `rows` rows in all; `examples` are their first keys."""

    rows: int
    unmatched: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """Known categories by record; `name` says where they are from.

    `columns` are, by partition, the columns of the records that tell them, one entry a level, or, with a file, those of
    its key; an entry is empty where a partition has no such column. `file` is (key..., known), one row a key, its key
    columns numbered from 0. With `is_tree` a known category is a path, its levels joined with `PATH`.
    """

    name: str
    columns: dict[str, tuple[tuple[str, ...], ...]]
    is_tree: bool = False
    separator: str = ""
    file: pl.DataFrame | None = None
    unmatched: Unmatched | None = None

    @property
    def absent_from(self) -> tuple[str, ...]:
        """Partitions in which nothing can be known, since a column is missing."""
        return tuple(partition for partition, columns in self.columns.items() if not all(columns))

    def of(self, store: DatasetStore, partition: str) -> pl.LazyFrame:
        """(source, row, known) of every record of a partition; null where nothing is known."""
        columns = self.columns[partition]
        if self.file is None:
            return _told_by_columns(store, partition, columns, self.separator)
        keys = [str(number) for number in range(len(columns))]
        return (
            _keyed(store, partition, columns)
            .join(self.file.lazy(), on=keys, how="left")
            .select("source", "row", "known")
        )


def find(
    store: DatasetStore,
    config: DatasetConfig,
    partitions: Sequence[str],
    *,
    truth: Sequence[str],
    key: Sequence[str] = (),
    column: Sequence[str] = (),
    separator: str = "",
) -> Truth:
    """The truth that `truth` names: a file if it ends in .csv, .tsv or .parquet, else columns of the records.

    A column is looked for in every partition as written there: by its exact name, else up to case and punctuation. It
    may be one that the configuration ignores: records keep every column. Several columns are the levels of a tree, the
    widest first, as the parts of a cell are that `separator` stands between.

    Args:
        store: the dataset's files.
        config: the dataset's configuration.
        partitions: where records are known.
        truth: columns, or a file.
        key: columns of the file that name a record: `source` and `row`, or columns that the records have too. By
            default the first of these that the file has.
        column: the columns of the file that tell the category; may be left out where the key leaves only one.
        separator: what stands between the levels of a path, such as `/`; by default a cell is no path.

    Raises:
        QueryError: no such column or file, or the file's key or truth is not clear.

    """
    files = [each for each in truth if is_file(each)]
    if not files:
        if key or column:
            raise QueryError(
                f"a key belongs to a file of truth; {truth[0]!r} is a column (a file ends in .csv or .tsv)"
            )
        found = {partition: tuple(columns_named(store, partition, name) for name in truth) for partition in partitions}
        for level, name in enumerate(truth):
            if not any(columns[level] for columns in found.values()):
                raise _no_column(store, config, partitions, name)
        is_tree = len(truth) > 1 or bool(separator)
        return Truth(name=PATH.join(truth), columns=found, is_tree=is_tree, separator=separator)
    if len(truth) > 1:
        raise QueryError(f"{files[0]} is a file, which holds all that is known; name its levels with --column")
    path = Path(files[0]).expanduser()
    table = _read(path)
    keys = _key_of(table, config, path, key)
    told = _told(table, path, keys, column)
    columns = {partition: _key_columns(store, partition, keys) for partition in partitions}
    if not any(all(each) for each in columns.values()):
        raise QueryError(f"the records of {config.name} have no column {' and '.join(map(repr, keys))} to match with")
    levels = [_parts(pl.col(name), separator) for name in told]
    file = _by_key(table.with_columns(_path(levels).alias(_KNOWN)), path, keys)
    return Truth(
        name=f"{PATH.join(told)} of {path.name}",
        columns=columns,
        is_tree=len(told) > 1 or bool(separator),
        file=file.drop_nulls().drop("at"),
        unmatched=_unmatched(store, columns, file),
    )


def _told_by_columns(
    store: DatasetStore, partition: str, columns: Sequence[Sequence[str]], separator: str
) -> pl.LazyFrame:
    levels = [_parts(first_filled(names), separator) for names in columns]
    return store.scan_records(partition).select(
        pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), _path(levels).alias("known")
    )


def _parts(cell: pl.Expr, separator: str) -> pl.Expr:
    """A cell with `PATH` between its levels; spaces around a level make no difference."""
    if not separator:
        return cell
    levels = cell.str.split(separator).list.eval(pl.element().str.strip_chars())
    return levels.list.eval(pl.element().filter(pl.element() != "")).list.join(PATH)


def _path(levels: Sequence[pl.Expr]) -> pl.Expr:
    """Unknown where the widest level is; a level below that is not filled is left out."""
    return pl.when(levels[0].is_not_null()).then(pl.concat_str(levels, separator=PATH, ignore_nulls=True))


def _read(path: Path) -> pl.DataFrame:
    """Every cell as stripped text, an empty one as null."""
    if not path.is_file():
        raise QueryError(f"{path}: no such file of truth (a truth that ends in .csv, .tsv or .parquet is a file)")
    try:
        if path.suffix == ".parquet":
            table = pl.read_parquet(path).select(pl.all().cast(pl.String))
        else:
            table = pl.read_csv(path, separator=_READERS[path.suffix], infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise QueryError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error
    stripped = pl.all().str.strip_chars()
    return table.select(pl.when(stripped != "").then(stripped).name.keep())


def _key_of(table: pl.DataFrame, config: DatasetConfig, path: Path, key: Sequence[str]) -> tuple[str, ...]:
    if missing := [name for name in key if name not in table.columns]:
        raise QueryError(f"{path} has no column {missing[0]!r}; it has {', '.join(table.columns)}")
    if key:
        return tuple(key)
    if set(PLACE) <= set(table.columns):
        return PLACE
    if config.columns.id in table.columns:
        return (str(config.columns.id),)
    raise QueryError(
        f"{path} names records neither by source and row nor by {config.columns.id or 'an id'}; give the columns that "
        f"do with --key: it has {', '.join(table.columns)}"
    )


def _told(table: pl.DataFrame, path: Path, keys: Sequence[str], column: Sequence[str]) -> tuple[str, ...]:
    others = [name for name in table.columns if name not in keys]
    if not column and len(others) == 1:
        return tuple(others)
    absent = [name for name in column if name not in others]
    if absent or not column:
        wanted = f"has no column {absent[0]!r} of truth" if absent else "does not say which column is the truth"
        raise QueryError(f"{path} {wanted} (--column); beside its key it has {', '.join(others) or 'none'}")
    return tuple(column)


def _by_key(table: pl.DataFrame, path: Path, keys: Sequence[str]) -> pl.DataFrame:
    """(0, 1, ..., known, at): rows that say the same of the same key once; `at` is the row's number, from 1.

    Raises:
        QueryError: two rows know different things of one key.

    """
    numbered = [pl.col(name).alias(str(number)) for number, name in enumerate(keys)]
    rows = table.select(*numbered, pl.col(_KNOWN).alias("known")).with_row_index("at", offset=1)
    names = [str(number) for number in range(len(keys))]
    known = rows.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in names))
    twice = known.group_by(names).agg(pl.col("known").drop_nulls().unique(), pl.col("at").min()).sort("at")
    if clashing := twice.filter(pl.col("known").list.len() > 1).head(1).rows(named=True):
        first = clashing[0]
        said = " and ".join(repr(value) for value in sorted(first["known"])[:2])
        keyed = ", ".join(f"{name} {first[str(number)]}" for number, name in enumerate(keys))
        raise QueryError(f"{path}, record {first['at']}: {keyed} is said to be {said}; a key has one truth")
    return rows.unique([*names, "known"], keep="first", maintain_order=True)


def _key_columns(store: DatasetStore, partition: str, keys: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    if tuple(keys) == PLACE:
        return ((SOURCE,), (ROW,))
    return tuple(columns_named(store, partition, name) for name in keys)


def _keyed(store: DatasetStore, partition: str, columns: Sequence[Sequence[str]]) -> pl.LazyFrame:
    """(source, row, 0, 1, ...): each record with its key as text."""
    keys = [
        pl.coalesce(pl.col(name).cast(pl.String).str.strip_chars() for name in names).alias(str(number))
        for number, names in enumerate(columns)
    ]
    return store.scan_records(partition).select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), *keys)


def _unmatched(store: DatasetStore, columns: dict[str, tuple[tuple[str, ...], ...]], file: pl.DataFrame) -> Unmatched:
    names = [name for name in file.columns if name.isdigit()]
    matched = np.zeros(file.height, dtype=bool)
    rows = file.select(*names).with_row_index("at")
    for partition, found in columns.items():
        if all(found):
            keys = _keyed(store, partition, found).select(names).unique()
            matched[rows.lazy().join(keys, on=names, how="semi").select("at").collect()["at"].to_numpy()] = True
    left = file.filter(~pl.Series(matched))
    examples = left.head(_SHOWN).select(pl.concat_str(pl.col(names).fill_null("(empty)"), separator=", "))
    return Unmatched(rows=file.height, unmatched=left.height, examples=tuple(examples.to_series()))


def _no_column(store: DatasetStore, config: DatasetConfig, partitions: Sequence[str], truth: str) -> QueryError:
    existing: dict[str, None] = {}
    for partition in partitions:
        existing.update(dict.fromkeys(store.scan_records(partition).collect_schema().names()))
    names = [name for name in existing if name not in RECORD_IDENTITY]
    close = difflib.get_close_matches(truth, names, n=_SHOWN, cutoff=0.5)
    shown = close or names[:20]
    more = "" if close or len(names) <= len(shown) else f" and {len(names) - len(shown):,} more"
    kind = "the closest are" if close else "there are"
    return QueryError(f"{config.name} has no column {truth!r}; {kind}: {', '.join(shown)}{more}")
