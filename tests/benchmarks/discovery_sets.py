"""The labelled data sets of discovery_quality: where their records come from, and what is known about them.

No configuration sees a truth: the columns that hold it, or that say the same in other words, are ignored. Beside them
are sets without any structure, made of the words of the others, in which nothing should be found.
"""

import csv
import gzip
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from rlm_pipeline.configuration import ColumnRoles, DatasetConfig, Discovery, PartitionRule
from rlm_pipeline.model import ROW, SOURCE
from rlm_pipeline.profiling.matching.alignment import normalised
from rlm_pipeline.store import DatasetStore, atomic_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is true of the records with a truth: `source` and `row`, a column for each level, and `groups`.

    `levels` are named from coarse to fine, one value a record, or null, and `shape` is how many categories of two
    records or more each has. `groups` is the list of all true categories a record is in, at any level, one or several:
    the ancestors of a tree.
    """

    records: pl.DataFrame
    levels: tuple[str, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """`facet` is the text column that is judged; `source` writes or finds the files, given data and work folders."""

    name: str
    facet: str
    source: Callable[[Path, Path], str]
    columns: ColumnRoles = field(default_factory=ColumnRoles)
    partition: PartitionRule = field(default_factory=PartitionRule)
    known: Callable[[DatasetStore, Path], Known] | None = None

    def is_of(self, facet: str) -> bool:
        """Whether a canonical column is the text that is judged."""
        return normalised(facet) == normalised(self.facet)

    def config(self, data: Path, work: Path, seed: int) -> DatasetConfig:
        """The same for all sets but for where their files and truths are."""
        return DatasetConfig(
            name=self.name,
            source=self.source(data, work),
            columns=self.columns,
            partition=self.partition,
            discovery=Discovery(seed=seed),
        )


def labelled() -> tuple[LabelledSet, ...]:
    """The sets with a truth."""
    return (
        LabelledSet(
            name="clinc150",
            facet="text",
            source=_in_scope,
            columns=ColumnRoles(ignore=("intent", "domain", "split")),
            known=_of_columns(domain="domain", intent="intent"),
        ),
        LabelledSet(
            name="banking77",
            facet="text",
            source=lambda data, _: str(data / "banking77" / "*.csv"),
            columns=ColumnRoles(ignore=("category",)),
            known=_of_columns(intent="category"),
        ),
        LabelledSet(
            name="trec_qc",
            facet="question",
            source=lambda data, _: str(data / "trec-qc" / "trec_qc.csv.gz"),
            columns=ColumnRoles(ignore=("coarse", "fine", "split")),
            known=_of_columns(coarse="coarse", fine="fine"),
        ),
        LabelledSet(
            name="uscongress_bills",
            facet="text",
            source=lambda data, _: str(data / "uscongress-bills" / "USCongress.csv.gz"),
            columns=ColumnRoles(ignore=("major",)),
            known=_of_columns(topic="major"),
        ),
        LabelledSet(
            name="mitre_attack",
            facet="description",
            source=lambda data, _: str(data / "mitre-attack" / "attack_patterns.jsonl.gz"),
            columns=ColumnRoles(ignore=("external_references*", "id", "*_ref", "*_refs*")),
            known=_of_techniques,
        ),
        LabelledSet(
            name="msha_injuries",
            facet="NARRATIVE",
            source=lambda data, _: str(data / "msha-injuries" / "msha_fy*.csv.gz"),
            columns=ColumnRoles(ignore=("INJ_BODY_PART*",)),
            partition=PartitionRule(by="filename", pattern=r"fy(?P<year>\d{4})"),
            known=_of_body_parts,
        ),
        LabelledSet(
            name="nyc311_drift",
            facet="Resolution Description",
            source=lambda data, _: str(data / "nyc311-drift" / "nyc311_*"),
            columns=ColumnRoles(ignore=("complaint_type", "descriptor", "agency", "agency_name")),
            partition=PartitionRule(by="filename", pattern=r"nyc311_(?P<year>\d{4})"),
            known=_of_columns(complaint="Complaint Type"),
        ),
    )


def structureless() -> tuple[LabelledSet, ...]:
    """Random words, and the words of real texts shuffled between all texts: nothing to find, large and small."""
    made = {
        "random_words": _random_words(5000),
        "random_words_small": _random_words(400),
        "shuffled_clinc150": _shuffled("clinc150", None),
        "shuffled_clinc150_small": _shuffled("clinc150", 400),
        "shuffled_msha": _shuffled("msha_injuries", None),
        "shuffled_msha_small": _shuffled("msha_injuries", 400),
    }
    return tuple(
        LabelledSet(name=name, facet="text", source=_written(name, texts), columns=ColumnRoles(text=("text",)))
        for name, texts in made.items()
    )


def _in_scope(data: Path, work: Path) -> str:
    path = work / "sources" / "clinc150.csv"
    rows = [row for row in _rows(data / "clinc150" / "clinc150.csv.gz") if not row["split"].startswith("oos")]
    return _csv(path, list(rows[0]), (list(row.values()) for row in rows))


def _texts(data: Path, name: str) -> list[str]:
    if name == "clinc150":
        rows = _rows(data / "clinc150" / "clinc150.csv.gz")
        return [row["text"] for row in rows if not row["split"].startswith("oos")]
    paths = sorted((data / "msha-injuries").glob("msha_fy*.csv.gz"))
    return [row["NARRATIVE"] for path in paths for row in _rows(path)]


Texts = Callable[[Path, random.Random], list[str]]


def _random_words(records: int) -> Texts:
    def texts(data: Path, draw: random.Random) -> list[str]:
        words = sorted({word for text in _texts(data, "clinc150") for word in text.split()})
        return [" ".join(draw.choices(words, k=draw.randint(5, 20))) for _ in range(records)]

    return texts


def _shuffled(name: str, records: int | None) -> Texts:
    """Every text keeps its number of words; which ones is chance."""

    def texts(data: Path, draw: random.Random) -> list[str]:
        written = [text.split() for text in _texts(data, name)]
        kept = draw.sample(written, records) if records else written
        words = [word for text in kept for word in text]
        draw.shuffle(words)
        remaining = iter(words)
        return [" ".join(itertools.islice(remaining, len(text))) for text in kept]

    return texts


def _written(name: str, texts: Texts) -> Callable[[Path, Path], str]:
    def source(data: Path, work: Path) -> str:
        numbered = enumerate(texts(data, random.Random(7)), 1)
        return _csv(work / "sources" / f"{name}.csv", ["number", "text"], ([str(at), text] for at, text in numbered))

    return source


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    if not path.exists():
        with atomic_path(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows(rows)
    return str(path)


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _of_columns(**columns: str) -> Callable[[DatasetStore, Path], Known]:
    """Known categories that stand in columns of the records, coarse to fine: level -> column."""

    def known(store: DatasetStore, _data: Path) -> Known:
        frame = pl.concat(_cells(store, tuple(columns.values())))
        return _levelled(frame.rename({column: level for level, column in columns.items()}), tuple(columns))

    return known


def _cells(store: DatasetStore, wanted: Sequence[str]) -> Iterator[pl.DataFrame]:
    for partition in store.partitions_with("raw_file", ".json"):
        records = store.scan_records(partition)
        written = {normalised(name): name for name in records.collect_schema().names()}
        cells = [pl.col(written[normalised(column)]).str.strip_chars().alias(column) for column in wanted]
        yield records.select(pl.col(SOURCE).alias("source"), pl.col(ROW).alias("row"), *cells).collect()


def _levelled(frame: pl.DataFrame, levels: tuple[str, ...]) -> Known:
    """Every record's groups are its values at the levels."""
    named = [pl.format("{}: {}", pl.lit(level), pl.col(level)) for level in levels]
    groups = pl.concat_list(named).list.drop_nulls().alias("groups")
    return Known(records=frame.with_columns(groups), levels=levels, shape=_shape(frame[level] for level in levels))


def _of_body_parts(store: DatasetStore, _data: Path) -> Known:
    """The nine regions are the hundreds of the code."""
    column = "INJ_BODY_PART_CD"
    frame = pl.concat(_cells(store, (column,)))
    code = pl.col(column).cast(pl.Int64)
    return _levelled(
        frame.select(
            "source", "row", (code // 100).cast(pl.String).alias("region"), code.cast(pl.String).alias("part")
        ),
        ("region", "part"),
    )


def _of_techniques(store: DatasetStore, data: Path) -> Known:
    """Matrix, the tactics in it, several a record, and the technique with its sub-techniques.

    `truth.csv` has a line for every line of the records, in the same order.
    """
    truth = pl.read_csv(data / "mitre-attack" / "truth.csv", infer_schema=False)
    records = next(_cells(store, ("name",))).sort("row")
    if records["name"].to_list() != truth["name"].str.strip_chars().to_list():
        raise ValueError("the lines of truth.csv are not those of attack_patterns.jsonl.gz")
    technique = pl.when(pl.col("parent_technique") == "").then(None).otherwise(pl.col("parent_technique"))
    rows = truth.with_columns(pl.coalesce(technique, "technique_id").alias("technique"))
    groups = [
        [matrix, *(f"{matrix}: {tactic}" for tactic in tactics.split("|")), f"{matrix}: {technique}"]
        for matrix, tactics, technique in rows.select("matrix", "tactics", "technique").iter_rows()
    ]
    levels = rows.select("matrix", pl.col("tactics").alias("tactic"), "technique")
    frame = records.select("source", "row").hstack(levels).with_columns(pl.Series("groups", groups))
    by_level = (pl.Series([names[level:until] for names in groups]).explode() for level, until in _LEVELS)
    return Known(records=frame, levels=("matrix", "tactic", "technique"), shape=_shape(by_level))


_LEVELS = ((0, 1), (1, -1), (-1, None))
"""Where matrix, tactics and technique stand in a list of groups."""


def _shape(levels: Iterable[pl.Series]) -> tuple[int, ...]:
    return tuple(int((level.drop_nulls().value_counts()["count"] > 1).sum()) for level in levels)


def membership(groups: Sequence[Sequence[str]]) -> tuple[list[str], np.ndarray]:
    """Categories that hold at least two records, and which record is in which: bool (records, categories)."""
    names = sorted({name for record in groups for name in record})
    place = {name: number for number, name in enumerate(names)}
    inside = np.zeros((len(groups), len(names)), dtype=bool)
    for row, record in enumerate(groups):
        inside[row, [place[name] for name in record]] = True
    kept = inside.sum(axis=0) > 1
    return [name for name, keep in zip(names, kept, strict=True) if keep], inside[:, kept]
