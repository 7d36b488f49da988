"""A dataset's YAML, read and validated; errors name the file, the key and what was expected."""

import fnmatch
import glob
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import pydantic
import yaml

from rlm_pipeline import curation as decided
from rlm_pipeline.errors import ConfigurationError
from rlm_pipeline.known_truth import Evaluation
from rlm_pipeline.unique_keys import UniqueKeyLoader

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

Format = Literal["auto", "csv", "tsv", "json", "jsonl", "log", "prose", "markup", "config", "code"]
"""What the files are; `auto` decides by their content, file by file."""

STANDARD_INPUT = "-"

_WORD_BREAKS = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")
_BARE_DASH = re.compile(r"^source:[ \t]*-[ \t]*(#.*)?$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class PartitionRule(_Section):
    """How a file or a record gets its fiscal year."""

    by: Literal["filename", "column", "none"] = "none"
    pattern: str | None = None
    column: str | None = None
    fiscal_year_starts: str = "january"

    @pydantic.field_validator("fiscal_year_starts")
    @classmethod
    def _month_name(cls, value: str) -> str:
        if value.lower() not in MONTHS:
            raise ValueError("expected the English name of a month, such as october")
        return value.lower()

    @pydantic.field_validator("pattern")
    @classmethod
    def _pattern_with_year(cls, value: str | None) -> str | None:
        if value is None:
            return value
        try:
            compiled = re.compile(value)
        except re.error as error:
            raise ValueError(f"expected a regular expression; {error}") from error
        if "year" not in compiled.groupindex:
            raise ValueError("expected a named group (?P<year>...) that captures the year")
        return value

    @pydantic.model_validator(mode="after")
    def _complete(self) -> Self:
        if self.by == "filename" and self.pattern is None:
            raise ValueError("by: filename needs a pattern with a group (?P<year>...)")
        if self.by == "column" and self.column is None:
            raise ValueError("by: column needs column: the name of a date column")
        return self

    @property
    def first_month(self) -> int:
        """The month (1-12) a fiscal year starts in; a year is named after the calendar year it ends in."""
        return MONTHS.index(self.fiscal_year_starts) + 1


class ColumnRoles(_Section):
    """What a person knows about the columns; everything else is found from the profile."""

    id: str | None = None
    date: str | None = None
    text: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rename: dict[str, str] = {}
    """A column's spelling in some year -> the canonical column it is; a person's word wins over what is found."""

    def is_ignored(self, column: str) -> bool:
        """Whether `column` must never be read into chunks, prompts or reports.

        Globs, whatever the case; `*_phone` also covers `Home Phone` and `HomePhone`, so that a column whose spelling
        changes over the years stays ignored.
        """
        spellings = {column.lower(), _WORD_BREAKS.sub("_", column).strip("_").lower()}
        return any(fnmatch.fnmatchcase(each, pattern.lower()) for each in spellings for pattern in self.ignore)


class Files(_Section):
    """Which files below `source` are read: globs on paths below it; how far an archive may unpack; storage options.

    `storage` goes to fsspec as it is, for a `source` that is a URI such as s3://bucket/exports/.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    gitignore: bool = True
    most_unpacked_gib: Annotated[float, pydantic.Field(gt=0)] = 64
    storage: dict[str, Any] = {}


CHOICE_OF_FILES = ("include", "exclude", "gitignore", "most_unpacked_gib")
"""The settings of `Files` that decide what is read; `storage` only says how it is reached."""


class Chunking(_Section):
    """How a source is cut into chunks; `size` and `overlap` are in characters, `log_gap` in seconds.

    `chunker: auto` cuts by content type; `fixed` cuts every `size` characters, for comparison. `overlap` repeats the
    end of the chunk before, beside the text. A silence of at least `log_gap` ends a chunk of a log; null finds the
    silences that stand out, 0 ignores time. `column_groups` cuts the record of a very wide table between groups of
    columns that go together, where it is longer than a chunk.
    """

    chunker: Literal["auto", "fixed"] = "auto"
    size: Annotated[int, pydantic.Field(ge=200, le=100_000)] = 3000
    overlap: Annotated[int, pydantic.Field(ge=0)] = 0
    log_gap: Annotated[float, pydantic.Field(ge=0)] | None = None
    column_groups: bool = True

    @pydantic.model_validator(mode="after")
    def _overlap_below_size(self) -> Self:
        if self.overlap * 2 > self.size:
            raise ValueError(f"overlap {self.overlap} is more than half of size {self.size}; expected at most half")
        return self


class Batches(_Section):
    """How many records an analyst gets at once: whole chunks, never more than `tokens` with what is carried along.

    `rows` of a table of fewer than `wide_from` informative columns, else `wide_rows`.
    """

    rows: Annotated[int, pydantic.Field(ge=1)] = 2000
    wide_rows: Annotated[int, pydantic.Field(ge=1)] = 500
    wide_from: Annotated[int, pydantic.Field(ge=1)] = 20
    tokens: Annotated[int, pydantic.Field(ge=1000)] = 100_000


class Embedding(_Section):
    """Which encoder serves search and which serves discovery: static, minilm, or a sentence-transformers model id.

    `precision` is that of the stored vectors and, on a GPU, of the model. `device` auto takes a GPU where there is one.
    `workers` (processes) and `batch_tokens` (padded tokens of a forward pass) are chosen by measurement when null.
    A prompt is what a model of `search` was trained to see before a query or a document; null is the model's own.
    """

    search: str = "static"
    discovery: str = "minilm"
    precision: Literal["float32", "float16"] = "float32"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    workers: Annotated[int, pydantic.Field(ge=1, le=64)] | None = None
    batch_tokens: Annotated[int, pydantic.Field(ge=64)] | None = None
    query_prompt: str | None = None
    document_prompt: str | None = None


class Search(_Section):
    """How words are indexed: by their stems in `language`; `none` leaves them as they are written."""

    language: Literal[
        "english", "arabic", "danish", "dutch", "finnish", "french", "german", "greek", "hungarian", "italian",
        "norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "tamil", "turkish", "none",
    ] = "english"  # fmt: skip


CodeMode = Literal["general", "security", "architecture", "performance"]


class Analysis(_Section):
    """Which analysts read, and with a model: which, at what price, how much at once.

    `statistical` needs no model, no key and no network; `model` adds readings by `analyst` and their synthesis by
    `synthesizer`. `question` is what the reader wants to know, told to every analyst. `budget_usd` is what the dataset
    may cost in all, a hard stop; it is required unless `base_url` names a local server. `base_url` must be a loopback
    address or one of `allowed_hosts`. `structured` says how a server keeps to a JSON schema; `auto` asks it once.
    `batches` reads through Message Batches at half the price, with results within a day. A reading has at most
    `reading_tokens` of records (an estimate) and answers with at most `answer_tokens`; `most_readings` of a partition.
    `prompts` is a folder whose files replace those of the same name in configs/analysts.
    """

    mode: Literal["statistical", "model"] = "statistical"
    code_modes: tuple[CodeMode, ...] = ("general", "security", "architecture", "performance")
    question: str = ""
    analyst: str = "claude-haiku-5-5"
    synthesizer: str = "claude-sonnet-5-5"
    budget_usd: Annotated[float, pydantic.Field(gt=0)] | None = None
    base_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    structured: Literal["auto", "native", "server_grammar", "prompt"] = "auto"
    batches: bool = False
    concurrency: Annotated[int, pydantic.Field(ge=1, le=256)] = 8
    reading_tokens: Annotated[int, pydantic.Field(ge=200, le=90_000)] = 2500
    answer_tokens: Annotated[int, pydantic.Field(ge=256, le=20_000)] = 2048
    most_readings: Annotated[int, pydantic.Field(ge=1)] | None = None
    timeout_seconds: Annotated[float, pydantic.Field(gt=0)] = 600
    prompts: str | None = None

    @pydantic.model_validator(mode="after")
    def _priced(self) -> Self:
        if self.mode == "model" and self.base_url is None and self.budget_usd is None:
            raise ValueError("mode: model needs budget_usd: the most this dataset may cost, in US dollars")
        return self


class Discovery(_Section):
    """Bounds of the discovery of text dimensions; its cost does not grow with the input.

    A model may propose up to `questions` about each text column, and answers each for `question_statements` statements.
    """

    max_statements: Annotated[int, pydantic.Field(ge=100, le=100_000)] = 4000
    seed: int = 0
    questions: Annotated[int, pydantic.Field(ge=0, le=12)] = 4
    question_statements: Annotated[int, pydantic.Field(ge=60, le=4000)] = 400


class DatasetConfig(_Section):
    """One dataset: where its files are and how to read them. `source` is absolute after `load`.

    `redact`: personal data that has a pattern (mail addresses, phone, card and account numbers, national ids) is
    replaced by stable placeholders as the files are read. `curation` is what a person decided, from a file beside.
    """

    name: str
    source: str
    partition: PartitionRule = PartitionRule()
    format: Format = "auto"
    files: Files = Files()
    evaluation: Evaluation | None = None  # before columns, which must not show the truth
    columns: Annotated[ColumnRoles, pydantic.Field(validate_default=True)] = ColumnRoles()
    redact: bool = False
    chunking: Chunking = Chunking()
    batches: Batches = Batches()
    embedding: Embedding = Embedding()
    search: Search = Search()
    analysis: Analysis = Analysis()
    discovery: Discovery = Discovery()
    curation: decided.Curation = decided.Curation()

    @pydantic.field_validator("name")
    @classmethod
    def _folder_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("expected a lower-case name matching [a-z][a-z0-9_]*, such as support_desk")
        return value

    @pydantic.field_validator("columns")
    @classmethod
    def _without_the_truth(cls, value: ColumnRoles, info: pydantic.ValidationInfo) -> ColumnRoles:
        evaluation: Evaluation | None = info.data.get("evaluation")
        hidden: dict[str, None] = {}
        for truth in evaluation.hidden_columns if evaluation else ():
            if truth in (*value.text, value.id, value.date):
                raise ValueError(f"{truth!r} is the truth of evaluation, and cannot be read as a column as well")
            # Both spellings that `is_ignored` compares, so that another spelling in another year is ignored too.
            spellings = (truth, _WORD_BREAKS.sub("_", truth).strip("_"))
            hidden |= dict.fromkeys(glob.escape(each) for each in spellings if not value.is_ignored(each))
        return value.model_copy(update={"ignore": (*value.ignore, *hidden)})


def load(path: Path) -> DatasetConfig:
    """Read one dataset's YAML.

    A relative `source` is looked for beside the YAML file first, then in the working directory.

    Raises:
        ConfigurationError: the file is absent, is not YAML, or a key is unknown, missing or has a wrong value.

    """
    if not path.is_file():
        raise ConfigurationError(path, "", f"no such file (looked in {path.resolve().parent})")
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=UniqueKeyLoader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        if _BARE_DASH.search(text):
            raise ConfigurationError(path, "source", "standard input is written with quotes: source: '-'") from error
        raise ConfigurationError(path, "", f"expected a YAML mapping; {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(path, "", f"expected a YAML mapping of keys, found {type(content).__name__}")
    if "curation" in content:
        beside = decided.path_beside(path).name
        raise ConfigurationError(path, "curation", f"unknown key; decisions are written in {beside}, beside this file")
    try:
        config = DatasetConfig.model_validate(content)
    except pydantic.ValidationError as error:
        raise _first_problem(path, error) from error
    analysis = config.analysis
    if analysis.prompts is not None:
        analysis = analysis.model_copy(
            update={"prompts": str(path.resolve().parent / Path(analysis.prompts).expanduser())}
        )
    evaluation = config.evaluation
    if evaluation is not None:
        evaluation = evaluation.beside(path.resolve().parent)
    return config.model_copy(
        update={
            "source": _absolute_source(path, config.source),
            "analysis": analysis,
            "evaluation": evaluation,
            "curation": decided.beside(path),
        }
    )


def _absolute_source(path: Path, source: str) -> str:
    if source == STANDARD_INPUT or "://" in source or Path(source).is_absolute():
        return source
    beside, working = path.resolve().parent, Path.cwd()
    anchored = [base for base in (beside, working) if next(base.glob(source), None) is not None]
    return os.path.normpath((anchored[0] if anchored else beside) / source)


def _first_problem(path: Path, error: pydantic.ValidationError) -> ConfigurationError:
    problems = error.errors()
    first = problems[0]
    key = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        section = _section_at(first["loc"][:-1])
        message = f"unknown key; expected one of {', '.join(section.model_fields)}"
    elif first["type"] == "missing":
        message = "missing; this key is required"
    elif "input" in first and not isinstance(first["input"], dict):
        message = f"{message}, found {first['input']!r}"
    if len(problems) > 1:
        message += f" (and {len(problems) - 1} more problem{'s' if len(problems) > 2 else ''})"
    return ConfigurationError(path, key, message)


def _section_at(location: tuple[int | str, ...]) -> type[pydantic.BaseModel]:
    section: type[pydantic.BaseModel] = DatasetConfig
    for part in location:
        annotation = section.model_fields[str(part)].annotation
        for each in (annotation, *get_args(annotation)):  # of `Section | None` the section
            if isinstance(each, type) and issubclass(each, pydantic.BaseModel):
                section = each
    return section
