"""Which facets a dataset has, and why not the others.

They are its free-text columns, its informative categorical columns, and what analysts derived from each record.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling.schema import CanonicalColumn, Schema
from rlm_pipeline.sources import own_columns
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import derived, recodings
from rlm_pipeline.taxonomy.answers import MOST_VALUES, MOSTLY_OPEN, Answers, collect

MOST_TEXT = 12
"""Discovery takes a bounded time for each."""
MOST_CATEGORICAL = 24
MINIMUM_COVERAGE = 0.3
MINIMUM_ANSWERS, MINIMUM_ANSWER_SHARE = 200, 0.01
MOST_IN_ONE_VALUE = 0.97
MINIMUM_EVENNESS = 0.1

_HEADERS_OF_LOGS = frozenset({"prefix", "timestamp"})
_HEADER = "the header of a log's lines, whose parts are columns of their own"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://")
_IDENTIFIER = re.compile(  # a UUID, a number of seven digits or more, or a long run of letters and digits mixed
    r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\d{7,}|(?=[a-zA-Z+/]*\d)(?=[\d+/]*[a-zA-Z])[a-zA-Z0-9+/]{16,}=*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Facets in the schema's order, then those derived; `left_out` says of every other column why it is none."""

    text: tuple[CanonicalColumn, ...]
    categorical: tuple[Answers, ...]
    left_out: dict[str, str]


def find(store: DatasetStore, config: DatasetConfig, schema: Schema, partitions: Sequence[str]) -> Facets:
    """Decide on every column of the schema that the configuration does not ignore, and on what was derived.

    Raises:
        NotMaterialised: a partition has no column profile, no records or no findings.

    """
    readable = [column for column in schema.columns if not _is_ignored(config, column)]
    of_logs = _of_logs(store, schema, partitions)
    templates = of_logs & {"template"}
    judged = [column for column in readable if column.name not in templates]
    left_out = {column.name: reason for column in judged if (reason := _not_categorical(column))}
    left_out |= {name: _HEADER for name in _HEADERS_OF_LOGS & of_logs if schema.column(name).role == ""}
    open_columns = frozenset(column.name for column in readable if column.role != "text") - left_out.keys()
    found = collect(store, schema, partitions, open_columns, open_ended=templates)
    left_out |= dict.fromkeys(open_columns - found.keys(), f"more than {MOST_VALUES} different values")
    records = sum(store.manifest(partition).rows for partition in partitions)
    left_out |= {name: reason for name, answers in found.items() if (reason := _says_little(answers, records))}
    ranked = sorted((answers for name, answers in found.items() if name not in left_out), key=_preference)
    more = derived.collect(store, schema, partitions, MOST_VALUES)
    left_out |= {name: reason for name, each in more.items() if (reason := _not_derived(config, each, records))}
    beside = {name: answers for name, answers in more.items() if name not in left_out}
    chosen: list[Answers] = []
    repeats = recodings.find(store, schema, partitions, {answers.column: answers for answers in ranked} | beside)
    for answers in ranked:
        if answers.column in repeats:
            left_out[answers.column] = f"says the same as {repeats[answers.column]}"
        elif len(chosen) == MOST_CATEGORICAL:
            left_out[answers.column] = f"informative, but beyond the {MOST_CATEGORICAL} most informative columns"
        else:
            chosen.append(answers)
    facets = {answers.column for answers in chosen}
    repeated = {name: repeats[name] for name in beside if repeats.get(name, "") in facets | beside.keys()}
    left_out |= {name: f"says the same as {other}" for name, other in repeated.items()}
    order = {column.name: place for place, column in enumerate(schema.columns)}
    text = _text(store, config, schema, partitions)
    left_out |= {
        column.name: f"free text, but beyond the {MOST_TEXT} fullest such columns; columns.text names others"
        for column in readable
        if column.role == "text" and column not in text
    }
    return Facets(
        text=text,
        categorical=(
            *sorted(chosen, key=lambda answers: order[answers.column]),
            *(answers for name, answers in beside.items() if name not in repeated),
        ),
        left_out=dict(sorted(left_out.items())),
    )


def _text(
    store: DatasetStore, config: DatasetConfig, schema: Schema, partitions: Sequence[str]
) -> tuple[CanonicalColumn, ...]:
    """The text columns that a person named, else those with the most records, in the schema's order."""
    text = tuple(column for column in schema.text_columns if not _is_ignored(config, column))
    if config.columns.text or len(text) <= MOST_TEXT:
        return text
    filled = dict.fromkeys((column.name for column in text), 0)
    for partition in partitions:
        profile = store.scan(store.profile_path(partition), "column_profile", partition)
        for written, non_null in profile.select("column", "non_null").collect().iter_rows():
            name = schema.canonical(partition, written)
            if name in filled:
                filled[name] += non_null
    fullest = set(sorted(filled, key=lambda name: (-filled[name], name))[:MOST_TEXT])
    return tuple(column for column in text if column.name in fullest)


def _of_logs(store: DatasetStore, schema: Schema, partitions: Sequence[str]) -> frozenset[str]:
    """The canonical columns that are a log reader's own in every partition that has them."""
    own = {partition: own_columns.of_logs(store.manifest(partition)) for partition in partitions}
    return frozenset(
        column.name
        for column in schema.columns
        if all(written in own.get(partition, ()) for partition, written in column.columns.items())
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
    return _is_no_category(answers)


def _not_derived(config: DatasetConfig, answers: Answers, records: int) -> str:
    """Why what an analyst derived is no facet; of values that it does not tell apart there may be many."""
    if config.columns.is_ignored(answers.column):
        return "columns.ignore names it"
    if len(answers.values) < 2:
        return derived.FACETS[answers.derived].nothing
    named = sum(answers.counts.values())
    if named < MOSTLY_OPEN * answers.answered:
        return f"the values that are told apart make up {named / answers.answered:.0%} of the records"
    return _says_little(answers, records)


def _is_no_category(answers: Answers) -> str:
    if all(_ADDRESS.match(value) for value in answers.values):
        return "its values are web addresses"
    if all(_IDENTIFIER.fullmatch(value) for value in answers.values.values()):
        return "its values are identifiers"
    return ""


def _preference(answers: Answers) -> tuple[float, bool, str]:
    """The most informative first; of two that say the same, the one in words rather than in codes."""
    in_codes = not any(letter.isalpha() for value in answers.values for letter in value)
    return (-round(answers.coverage * answers.evenness, 6), in_codes, answers.column)
