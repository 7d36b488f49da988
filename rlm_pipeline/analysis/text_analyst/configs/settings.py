"""Configuration: keys that are there twice or differ between files, secrets, references, settings in comments.

Keys are few as against records of other kinds: up to `MOST_KEYS` are held with the values they have in each file.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import polars as pl

from rlm_pipeline.analysis.observation import Severity, number_of, shown
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.configs.value_signs import (
    ENVIRONMENT,
    commented_out,
    environment_of,
    is_secret,
    references,
    resolved,
)
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE, Part
from rlm_pipeline.analysis.text_analyst.shares import Share, Topic, as_hits
from rlm_pipeline.model import SOURCE

MOST_KEYS = 100_000
"""Keys of files that are compared, the first ones; those beyond are counted, and compared with nothing."""

MOST_TOLD = 40
"""Keys told one by one of each type, those in most files; the others are told together."""

OTHER_KEYS = "(other keys)"
HIDDEN = "(not shown)"


@dataclass(slots=True)
class _Seen:
    """Where keys are: by key the values and how often they are there in each file."""

    values: defaultdict[str, dict[str, list[str]]]
    beyond: int = 0


@dataclass(slots=True)
class Settings:
    """What was settled: topics, and by type and key (or file and key) the number of each."""

    topics: list[Topic]
    numbers: Mapping[tuple[str, str], int]
    keys: frozenset[str]
    environments: Mapping[str, str]

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The hits among the values of a window, as `HITS`, in the order of records."""
        wanted = [name for name in ("key", "value", "type", "comment") if name in records.columns]
        rows: list[tuple[int, int, int, str, str, str | None]] = []
        for place, batch, source, *cells in records.select(PLACE, BATCH, SOURCE, *wanted).iter_rows():
            given = dict(zip(wanted, cells, strict=True))
            told = (
                given.get("key") or "",
                given.get("value") or "",
                given.get("type") or "",
                given.get("comment") or "",
            )
            rows += [(number, place, batch, *hit) for number, hit in self._of_record(source, *told)]
        schema = {
            "number": pl.Int64,
            PLACE: pl.Int64,
            BATCH: pl.Int64,
            "value": pl.String,
            "in": pl.String,
            "words": pl.String,
        }
        found = pl.DataFrame(rows, schema=schema, orient="row")
        return as_hits(found, pl.col("number"), value=pl.col("value"), column=pl.col("in"), quote=pl.col("words"))

    def _of_record(
        self, source: str, key: str, value: str, kind: str, comment: str
    ) -> Iterator[tuple[int, tuple[str, str, str | None]]]:
        secret = is_secret(key, value, kind)
        shown_value = HIDDEN if secret else value
        if key:
            at = self.environments.get(source, "")
            for about, name, said in (
                ("duplicate_key", f"{source}: {key}", shown_value),
                ("conflict", key, f"{source}: {shown_value}"),
                ("difference", key, f"{at}: {shown_value}" if at else f"{source}: {shown_value}"),
            ):
                if (number := self.numbers.get((about, name))) is not None:
                    yield number, (said, "key", key)
        if secret:
            yield self.numbers["secret", ""], (key, "key", key)
        for name in references(value):
            found = resolved(name, key, self.keys)
            where = (name, "key", key) if secret else (name, "value", name)
            yield self.numbers["reference", "" if found else "broken"], where
        for name, given in commented_out(comment):
            hidden = is_secret(name, given)
            yield self.numbers["commented_out", ""], (name, "type", kind) if hidden else (name, "comment", name)


def survey(read: Part) -> Settings:
    """Settle which keys are there twice, in conflict, or different between environments, over all files of a part."""
    seen = _seen(read)
    environments = {source: environment_of(source) for source in read.names}
    topics: list[Topic] = []
    numbers: dict[tuple[str, str], int] = {}
    twice, conflicts, differences = _compared(seen, environments)
    for about, told in (("duplicate_key", twice), ("conflict", conflicts), ("difference", differences)):
        ranked = sorted(told, key=lambda name, told=told: (-told[name][0], name))  # type: ignore[misc]
        for name in ranked[:MOST_TOLD]:
            numbers[about, name] = len(topics)
            topics.append(_topic_of_key(about, name, told[name][1]))
        for name in ranked[MOST_TOLD:]:
            numbers[about, name] = len(topics)
        if ranked[MOST_TOLD:]:
            topics.append(_topic_of_key(about, OTHER_KEYS, f"of {number_of(len(ranked) - MOST_TOLD, 'further key')}"))
    for about, name, topic in _topics_of_all():
        numbers[about, name] = len(topics)
        topics.append(topic)
    return Settings(topics=topics, numbers=numbers, keys=frozenset(seen.values), environments=environments)


def _seen(read: Part) -> _Seen:
    seen = _Seen(values=defaultdict(dict))
    held = 0
    columns = [name for name in ("key", "value", "type") if read.has(name)]
    if "key" not in columns:
        return seen
    for stride in own_records.strides(read, columns):
        values = stride.get_column("value") if "value" in columns else pl.Series([""] * stride.height)
        kinds = stride.get_column("type") if "type" in columns else pl.Series(["string"] * stride.height)
        for source, key, value, kind in zip(
            stride.get_column(SOURCE), stride.get_column("key"), values, kinds, strict=True
        ):
            if not key:
                continue
            files = seen.values.get(key)
            if files is None or source not in files:
                held += 1
                if held > MOST_KEYS:
                    seen.beyond += 1
                    continue
            shown_value = HIDDEN if is_secret(key, value or "", kind or "") else value or ""
            seen.values[key].setdefault(source, []).append(shown_value)
    return seen


_Told = dict[str, tuple[int, str]]


def _compared(seen: _Seen, environments: Mapping[str, str]) -> tuple[_Told, _Told, _Told]:
    """Keys there twice in a file (by file and key), in conflict, and different between environments; each with why."""
    twice: _Told = {}
    conflicts: _Told = {}
    differences: _Told = {}
    for key, files in seen.values.items():
        for source, values in files.items():
            if len(values) > 1:
                same = "with the same value" if len(set(values)) == 1 else f"as {_listed(values)}"
                twice[f"{source}: {key}"] = (
                    len(values),
                    f"is there {number_of(len(values), 'time')} in {source}, {same}",
                )
        alike = _comparable(files, environments)
        different = {tuple(each) for each in alike.values()}
        if len(different) < 2:
            continue
        kinds = {environments.get(source, "") for source in alike}
        said = "; ".join(f"{shown(values[0])} in {source}" for source, values in sorted(alike.items())[:4])
        if len(kinds - {""}) > 1:
            differences[key] = (len(alike), f"differs between {', '.join(sorted(kinds - {''}))}: {said}")
        else:
            conflicts[key] = (len(alike), f"has {len(different)} values in {number_of(len(alike), 'file')}: {said}")
    return twice, conflicts, differences


def _comparable(files: Mapping[str, list[str]], environments: Mapping[str, str]) -> dict[str, list[str]]:
    """The files whose keys mean the same: those of one name, or of one folder but for the environment they name."""
    families: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for source, values in files.items():
        families[ENVIRONMENT.sub("*", source) if environments.get(source) else source].update({source: values})
    named: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for family, each in families.items():
        named[PurePosixPath(family).name.replace("*", "").strip(".-_")].update(each)
    return max(named.values(), key=len, default={})


def _listed(values: list[str]) -> str:
    return ", ".join(shown(value, 40) for value in dict.fromkeys(values))


def _topic_of_key(about: str, name: str, why: str) -> Topic:
    def say(share: Share) -> str:
        return f"{name} {why}; {number_of(share.records, 'record')} here"

    severity, confidence = _JUDGED[about]
    return Topic(kind=about, scope=name, say=say, severity=severity, confidence=confidence)


_JUDGED: Mapping[str, tuple[Severity, float]] = {
    "duplicate_key": ("warning", 1.0),
    "conflict": ("notice", 0.7),
    "difference": ("info", 0.9),
}


def _topics_of_all() -> Iterator[tuple[str, str, Topic]]:
    """The topics of all keys together: type, what tells two of one type apart, and the topic."""
    said: tuple[tuple[str, str, str, str, str, Severity, float], ...] = (
        ("secret", "", "values that look like secrets", "value", "like secrets, not shown", "warning", 0.8),
        ("reference", "", "references to other keys", "value", "with references to keys or variables", "info", 1.0),
        ("reference", "broken", "references to keys that are not there", "value", _BROKEN, "notice", 0.7),
        ("commented_out", "", "settings that are commented out", "comment", "with settings", "info", 0.8),
    )
    for about, name, scope, noun, what, severity, confidence in said:

        def say(share: Share, scope: str = scope, noun: str = noun, what: str = what) -> str:
            return f"{scope}: {number_of(share.records, noun)} {what} here, {share.most()}"

        yield about, name, Topic(kind=about, scope=scope, say=say, severity=severity, confidence=confidence)


_BROKEN = "with references to keys that no file has"
