"""Which facets a dataset has: its free-text columns and informative categorical columns; and why not the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling.schema import CanonicalColumn, Schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import recodings
from rlm_pipeline.taxonomy.answers import MOST_VALUES, Answers, collect

MOST_CATEGORICAL = 24
MINIMUM_COVERAGE = 0.3
MINIMUM_ANSWERS, MINIMUM_ANSWER_SHARE = 200, 0.01
MOST_IN_ONE_VALUE = 0.97
MINIMUM_EVENNESS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Facets in the schema's order; `left_out` says of every other column why it is none."""

    text: tuple[CanonicalColumn, ...]
    categorical: tuple[Answers, ...]
    left_out: dict[str, str]


def find(store: DatasetStore, config: DatasetConfig, schema: Schema, partitions: Sequence[str]) -> Facets:
    """Decide on every column of the schema that the configuration does not ignore.

    Raises:
        NotMaterialised: a partition has no column profile or no records.

    """
    readable = [column for column in schema.columns if not _is_ignored(config, column)]
    left_out = {column.name: reason for column in readable if (reason := _not_categorical(column))}
    open_columns = frozenset(column.name for column in readable if column.role != "text") - left_out.keys()
    found = collect(store, schema, partitions, open_columns)
    left_out |= dict.fromkeys(open_columns - found.keys(), f"more than {MOST_VALUES} different values")
    records = sum(store.manifest(partition).rows for partition in partitions)
    left_out |= {name: reason for name, answers in found.items() if (reason := _says_little(answers, records))}
    ranked = sorted((answers for name, answers in found.items() if name not in left_out), key=_preference)
    chosen: list[Answers] = []
    repeats = recodings.find(store, schema, partitions, {answers.column: answers for answers in ranked})
    for answers in ranked:
        if answers.column in repeats:
            left_out[answers.column] = f"says the same as {repeats[answers.column]}"
        elif len(chosen) == MOST_CATEGORICAL:
            left_out[answers.column] = f"informative, but beyond the {MOST_CATEGORICAL} most informative columns"
        else:
            chosen.append(answers)
    order = {column.name: place for place, column in enumerate(schema.columns)}
    return Facets(
        text=tuple(column for column in schema.text_columns if not _is_ignored(config, column)),
        categorical=tuple(sorted(chosen, key=lambda answers: order[answers.column])),
        left_out=dict(sorted(left_out.items())),
    )


def _is_ignored(config: DatasetConfig, column: CanonicalColumn) -> bool:
    names = (column.name, *column.columns.values())
    return column.role == "ignored" or any(config.columns.is_ignored(name) for name in names)


def _not_categorical(column: CanonicalColumn) -> str:
    if column.role == "text":
        return ""
    if column.role in {"id", "date"}:
        return f"the records' {column.role}"
    return "" if column.kind == "categorical" else f"its cells are of kind {column.kind}"


def _says_little(answers: Answers, records: int) -> str:
    if len(answers.values) < 2:
        return "fewer than two different values"
    if answers.coverage < MINIMUM_COVERAGE:
        return f"answered in {answers.coverage:.0%} of the records"
    if answers.answered < max(MINIMUM_ANSWERS, MINIMUM_ANSWER_SHARE * records):
        return f"answered in {answers.answered:,} records only"
    if answers.mode_share > MOST_IN_ONE_VALUE:
        return f"one value makes up {answers.mode_share:.1%} of the answers"
    if answers.evenness < MINIMUM_EVENNESS:
        return "nearly constant"
    return ""


def _preference(answers: Answers) -> tuple[float, bool, str]:
    """The most informative first; of two that say the same, the one in words rather than in codes."""
    in_codes = not any(letter.isalpha() for value in answers.values for letter in value)
    return (-round(answers.coverage * answers.evenness, 6), in_codes, answers.column)
