"""What crosses stages: frozen dataclasses, and the column contracts of the stored tables.

Tables are polars frames; each `*_SCHEMA` names the columns, in order, of one stored Parquet file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

ALL_YEARS = "all"
"""The one partition of a dataset without fiscal years."""

UNDATED = "undated"
"""The partition of records (and set-aside lines) whose date column gives no fiscal year."""

OTHER = "other"
"""The category of a record the classifier should not decide on."""

BLANK = "blank"
"""The category of a record that gives no answer to the facet (empty cell)."""

SOURCE, ROW, LINE = "_source", "_row", "_line"
RECORD_IDENTITY = (SOURCE, ROW, LINE)
"""Columns added to every records file: file name (String), record number in the file from 1 (Int64), physical line
the record starts on, from 1 (Int64)."""


def _table(columns: dict[str, Any]) -> pl.Schema:
    return pl.Schema(columns)


QUARANTINE_SCHEMA = _table(
    {"source": pl.String, "row": pl.Int64, "line": pl.Int64, "reason": pl.String, "raw": pl.Binary}
)

_COUNTED = pl.List(pl.Struct({"value": pl.String, "count": pl.Int64}))

CITATION = pl.Struct(
    {
        "source": pl.String, "row": pl.Int64, "line": pl.Int64, "chunk_id": pl.String,
        "quote": pl.String, "verified": pl.Boolean,
    }
)  # fmt: skip

PROFILE_SCHEMA = _table(
    {
        "column": pl.String,  # as in the records file
        "position": pl.Int64,  # 0-based place in the header of the first source that has it
        "kind": pl.String,  # empty|constant|integer|number|date|categorical|text|identifier|string|ignored
        "records": pl.Int64,
        "non_null": pl.Int64,
        "distinct": pl.Int64,
        "value_counts": _COUNTED,  # complete when distinct <= 64, else the 20 most frequent; count desc, then value
        "counts_complete": pl.Boolean,
        "null_like": pl.List(pl.Struct({"value": pl.String, "count": pl.Int64, "evidence": pl.String})),
        "missing": pl.Int64,  # records without a value: empty cells and null-like ones
        "mode_share": pl.Float64,  # records with the most frequent value, of all records, 0..1
        "near_constant": pl.Boolean,  # fewer than max(30, .05 %) records differ from what the others hold
        "length_min": pl.Int64, "length_median": pl.Float64, "length_p95": pl.Float64, "length_max": pl.Int64,
        "words_median": pl.Float64,
        "numeric": pl.Int64,  # values that parse as a number
        "unit": pl.String,  # of the column's numbers, empty for none
        "units": _COUNTED,  # records that carry each unit, most first
        # Statistics from here on, date_min and date_max are of real values: null-like ones are left out.
        "minimum": pl.Float64, "q25": pl.Float64, "median": pl.Float64, "q75": pl.Float64, "maximum": pl.Float64,
        "mean": pl.Float64, "standard_deviation": pl.Float64,
        "dates": pl.Int64,  # values that parse as a date
        "date_format": pl.String,  # the usual one
        "date_min": pl.Date, "date_max": pl.Date,
        "date_formats": _COUNTED,
        "date_order": pl.String,  # month first|day first|year first|ambiguous, or empty
        "date_ambiguous": pl.Int64,  # values whose day and month could change places
        "id_likeness": pl.Float64,  # distinct / non_null, 0..1
        "outlier_count": pl.Int64,  # beyond 3 interquartile ranges from the quartiles
        "outliers": pl.List(pl.Struct({"source": pl.String, "row": pl.Int64, "line": pl.Int64, "value": pl.String})),
    }
)  # fmt: skip

COLUMN_PAIR_SCHEMA = _table(
    {
        # duplicate: equal in every record; recoded: one-to-one; decode: a code and what it stands for;
        # dependency: source decides target; association: they go together
        "kind": pl.String,
        "source": pl.String, "target": pl.String,  # columns as in the records
        "n": pl.Int64,  # records compared
        "effect": pl.Float64,  # 1 for duplicates, lambda for dependencies, bias-corrected V for associations
        "error": pl.Float64,  # g3: the share of records that contradict a dependency
        "low": pl.Float64, "high": pl.Float64,  # 95 % interval of an association's V
        "p": pl.Float64, "q": pl.Float64,  # chi-square; false discovery rate over all pairs of the partition
    }
)  # fmt: skip

MAX_COUNTED_VALUES = 64
"""A column's distribution is kept whole up to this many distinct values."""

EXTENT_SCHEMA = _table(
    {
        "source": pl.String,
        "row": pl.Int64,  # numbers records stored and set aside, as `_row` and the quarantine do
        "line": pl.Int64,  # physical line the record starts on, from 1
        "stored": pl.Boolean,  # false for a record that was set aside
        # Half-open ranges, which tile the source in the order of char_start: a record's range goes up to the next
        # record of the source; the first begins at 0, the last ends with the source.
        "char_start": pl.Int64, "char_end": pl.Int64,  # characters of the decoded source
        "byte_start": pl.Int64, "byte_end": pl.Int64,  # bytes of the (decompressed) source
        "text": pl.String,  # the range verbatim, for types whose chunks show the source as it is; else null
    }
)  # fmt: skip
"""Where each record of a partition is in its source, `extents/<p>.parquet`: sources in the manifest's order, rows in
theirs. Where a column decides the year, records of other years lie between the ranges."""

REPLACED = "replaced"
"""One column more of extents that were redacted, List(Int64): for each placeholder of the text where it begins, its
length, and that of what it stands for, in characters; null where there is none. Ranges stay those of the source."""

CHUNK_SCHEMA = _table(
    {
        "chunk_id": pl.String,  # 16 hex of the hash over source, position, text
        "ordinal": pl.Int64,  # 0-based within the partition
        "source": pl.String,
        "row_start": pl.Int64, "row_end": pl.Int64,  # inclusive
        "line_start": pl.Int64, "line_end": pl.Int64,  # inclusive: where the first record starts, where the range ends
        "char_start": pl.Int64, "char_end": pl.Int64,  # half-open, of the decoded source
        "byte_start": pl.Int64, "byte_end": pl.Int64,  # half-open, of the (decompressed) source
        "content_type": pl.String,  # tabular for csv and tsv, else the detected type of the source
        "chunker": pl.String,  # what cut it: tabular|json|log|prose|config|code|fixed
        "scope": pl.String,  # rows 12-19, row 12 part 2; behind a name of the place: method:C.m, row 12
        "place": pl.String,  # the scope without its rows: method:C.m, a heading path, a key; empty where there is none
        "records": pl.Int64,  # that begin in it: 0 for all but the first part of a cut record
        "part": pl.Int64,  # of a cut record, from 1; 0 for whole records
        "text": pl.String,  # verbatim source, or for csv, tsv, json, jsonl, html and mail the records rendered
        "overlap": pl.String,  # the end of what is before it, repeated on request; never part of `text`
        "context": pl.String,  # what a reader needs besides: imports and enclosing class of code; not searched
        "n_chars": pl.Int64,  # of text
        "n_tokens_estimate": pl.Int64,  # of overlap, context and text
        "content_hash": pl.String,  # of what is embedded: place, overlap and text
    }
)  # fmt: skip

STATEMENT_SCHEMA = _table({"facet": pl.String, "statement": pl.String, "source": pl.String, "row": pl.Int64})

FINDING_SCHEMA = _table(
    {
        "finding_id": pl.String,
        "analyst": pl.String,  # data|json|code|text
        "type": pl.String,  # docs/findings.md lists those of each analyst
        "scope": pl.String,  # a column, "a x b" for pairs, a JSON path, function:f, a template, ...
        "batch": pl.Int64,  # 0-based batch of chunks within the partition; of a reading by a model, its number
        "row_start": pl.Int64, "row_end": pl.Int64,
        "summary": pl.String,
        "severity": pl.String,  # info|notice|warning
        "confidence": pl.Float64,
        "distribution": _COUNTED,
        "total": pl.Int64,  # records the finding speaks about
        "numbers": pl.String,  # JSON object of further exact figures
        "citations": pl.List(CITATION),
        "model": pl.String,  # "statistical" without a model
        "prompt_version": pl.String,
        "cost": pl.Float64,  # US dollars
    }
)  # fmt: skip

READING_SCHEMA = _table(
    {
        "source": pl.String,
        "row": pl.Int64,
        "analyst": pl.String,
        # read, by itself or in another record that says the same; blank; unread and quarantined, with a reason
        "fate": pl.String,
        "read_for": pl.String,  # chosen: by itself; same|alike|near: in the record below; empty: not planned
        "read_source": pl.String, "read_row": pl.Int64,  # the record that is read for it
        "cluster": pl.Int64,  # of similar records of its analyst, from which readings are chosen
        "reason": pl.String,
    }
)  # fmt: skip
"""What a model read of a partition: one row per stored record; none without a model."""

READ_UNIT_SCHEMA = _table(
    {
        "unit_key": pl.String,  # of text, notes, prompt and model: equal where the answer may be used again
        "analyst": pl.String,
        "source": pl.String, "row": pl.Int64, "part": pl.Int64, "parts": pl.Int64,
        "stands_for": pl.Int64,  # records that say the same, itself among them
        "cluster": pl.Int64,
        "status": pl.String,  # read|unread|quarantined
        "call_key": pl.String, "number": pl.Int64,  # the call in the ledger, and the record's number in it
        "reason": pl.String,
    }
)  # fmt: skip
"""The records, or parts of long ones, that were to be read by themselves."""

LABEL_SCHEMA = _table(
    {
        "source": pl.String,
        "row": pl.Int64,
        "dimension_id": pl.String,
        "category_id": pl.String,  # a leaf category's id, or OTHER, or BLANK
        "confidence": pl.Float32,
        "margin": pl.Float32,
        "runner_up": pl.String,  # the category that a classifier found next most probable; null where none was weighed
    }
)


READ_LABEL_SCHEMA = _table(
    {
        "dimension_id": pl.String,
        "statement_key": pl.String,  # `labeller.key_of` the statement
        "category_id": pl.String,  # a leaf category's id, or OTHER
        "records": pl.Int64,  # of the partition that say it
    }
)
"""Statements that a model labelled, `read_labels/<p>.parquet`; there only where a model labels."""


QUESTION_ANSWER_SCHEMA = _table(
    {
        "dimension_id": pl.String,
        "statement_key": pl.String,  # as in the sample
        "time": pl.Int64,  # 1, or 2 where it was asked again to compare
        "asked_as": pl.String,  # 16 hex of question, instructions and model
        "answer": pl.String,  # as the model wrote it; null where it left the statement out
        "quote": pl.String,
    }
)
"""What a model answered to the questions it proposed, `question_answers.parquet`."""


MOVED_LABEL_SCHEMA = _table(
    {
        "dimension_id": pl.String,
        "found_as": pl.String,  # a leaf category's id, or OTHER, as discovery labels the record
        "category_id": pl.String,  # what it is labelled with
        "records": pl.Int64,
    }
)
"""Labels that a person's decisions changed, `moved_labels/<p>.parquet`; there only where they change any."""


PATH_SCHEMA = _table(
    {
        "source": pl.String,
        "path": pl.String,  # JSON-path notation: $.events[*].type
        "type": pl.String,  # object|array|string|integer|number|boolean|null
        "values": pl.Int64,  # of this type at this path
        "records": pl.Int64,  # that have at least one
    }
)
"""What nested files hold: one row for each path and type in a source."""


CELL_TYPE_SCHEMA = _table(
    {
        "source": pl.String,
        "row": pl.Int64,
        # Columns as in the records; of a path of objects and nulls, which has none, as it would be called.
        "nulls": pl.List(pl.String),  # that are there and null
        "blanks": pl.List(pl.String),  # that hold an empty string
        "strings": pl.List(pl.String),  # that hold a string which reads like another JSON value: "5", "true", "[]"
    }
)
"""What the cells of JSON records do not tell, one row for each record of which there is something to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One input file: `name` is what citations show and is unique in its dataset.

    `path` is the local file it is read from; with `member`, the archive that has it under that name; with `uri`, where
    the object is fetched from (`path` is then only its name).
    """

    name: str
    path: Path
    member: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file below the dataset's source that is not read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceManifest:
    """What was read from one file for one partition: rows + quarantined = records of the file in that partition.

    `records_file` is the name of its file below the partition's records, which small files share; `records_at` says
    where in the file the records are, in JSON-path notation, where it has such places. `made` are those of the header
    that the reader made, where a file might call a column of its own so: `json_path`, `key`, `value` of JSON.
    """

    source: str
    bytes: int
    sha256: str
    detected_type: str
    evidence: str
    encoding: str
    delimiter: str
    header_line: int
    header: tuple[str, ...]
    reader: str
    rows: int
    quarantined: int
    records_file: str
    records_at: str = ""
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was read into one partition, over all its files, and which files were left out."""

    partition: str
    sources: tuple[SourceManifest, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def rows(self) -> int:
        """Records stored."""
        return sum(source.rows for source in self.sources)

    @property
    def quarantined(self) -> int:
        """Records set aside, each with a reason."""
        return sum(source.quarantined for source in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A row and a verbatim quote from it; `verified` only after the quote was found in the source."""

    source: str
    row: int
    line: int
    quote: str
    chunk_id: str = ""
    column: str = ""
    verified: bool = False

    def __str__(self) -> str:
        return f"{self.source}:{self.row}"
