"""Which stages of which partitions are out of date, and why: computed from content and code, never from clocks.

A stage's stamp records what its stored output was made from: a fingerprint of the code that makes it, of the
settings it reads, and of every upstream output. It is current while all of these still hold and its files exist.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlm_pipeline import fingerprint, source_code
from rlm_pipeline.configuration import CHOICE_OF_FILES, DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.llm import prompts
from rlm_pipeline.store import DatasetStore, read_json, write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the pipeline: `module` computes it, from `upstream` and the named sections of the configuration.

    `prompts` are those it uses where the analysis has a model.
    """

    name: str
    module: str
    upstream: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    per_partition: bool = True


# Not the device, the workers or the size of a batch: vectors do not depend on them. Nor do those of the documents on
# the prompt of a query.
EMBEDDING_SETTINGS = ("embedding.search", "embedding.precision", "embedding.document_prompt")

# Not how fast a server is asked, nor where it is: answers do not depend on them. A larger budget reads what an earlier
# one left unread.
READING_SETTINGS = ("mode", "question", "analyst", "budget_usd", "reading_tokens", "answer_tokens", "most_readings")
REVIEW_SETTINGS = ("mode", "question", "analyst", "synthesizer", "budget_usd")
LABEL_SETTINGS = ("mode", "analyst", "budget_usd")
SYNTHESIS_SETTINGS = ("mode", "question", "synthesizer", "budget_usd")

STAGES: tuple[Stage, ...] = (
    Stage(
        name="raw_file",
        module="sources.raw_file",
        # Not files.storage: credentials change, and what they lead to has its own fingerprint.
        settings=("partition", "format", "redact", *(f"files.{name}" for name in CHOICE_OF_FILES)),
    ),
    Stage(name="column_profile", module="profiling.columns", upstream=("raw_file",), settings=("columns.ignore",)),
    Stage(
        name="column_pairs",
        module="profiling.pairs.stage",
        upstream=("raw_file", "column_profile"),
        settings=("columns.ignore",),
    ),
    Stage(
        name="chunks",
        module="chunking.stage",
        upstream=("raw_file", "column_profile", "column_pairs"),
        settings=("chunking", "columns.ignore", "columns.id", "columns.date"),
    ),
    Stage(name="embeddings", module="retrieval.embeddings", upstream=("chunks",), settings=EMBEDDING_SETTINGS),
    Stage(name="lexical_index", module="retrieval.lexical", upstream=("chunks",), settings=("search.language",)),
    Stage(
        name="findings",
        module="analysis.findings",
        upstream=("raw_file", "column_profile", "column_pairs", "chunks"),
        settings=("analysis.code_modes", "columns.ignore", "columns.text"),
    ),
    Stage(
        name="readings",
        module="analysis.reading.stage",
        upstream=("raw_file", "column_profile", "chunks", "findings"),
        settings=(*(f"analysis.{name}" for name in READING_SETTINGS), "columns.ignore"),
        prompts=("code", "data", "json", "text"),
    ),
    Stage(
        name="merged_findings",
        module="synthesis.merge",
        upstream=("findings", "readings"),
        settings=tuple(f"analysis.{name}" for name in SYNTHESIS_SETTINGS),
        prompts=("synthesizer",),
    ),
    Stage(
        name="vector_index",
        module="retrieval.vector_index",
        upstream=("embeddings",),
        settings=EMBEDDING_SETTINGS,
        per_partition=False,
    ),
    Stage(
        name="schema",
        module="profiling.schema",
        upstream=("column_profile", "column_pairs"),
        settings=("columns",),
        per_partition=False,
    ),
    Stage(
        name="dimensions",
        module="taxonomy.dimensions",
        upstream=("raw_file", "column_profile", "findings", "schema"),
        settings=("discovery", "embedding.discovery", *(f"analysis.{name}" for name in REVIEW_SETTINGS)),
        prompts=(
            "taxonomy_answers",
            "taxonomy_labels",
            "taxonomy_questions",
            "taxonomy_review",
            "taxonomy_upper_level",
        ),
        per_partition=False,
    ),
    Stage(
        name="labels",
        module="taxonomy.labels",
        upstream=("raw_file", "findings", "dimensions", "schema"),
        settings=tuple(f"analysis.{name}" for name in LABEL_SETTINGS),
        prompts=("taxonomy_labels",),
    ),
    Stage(
        name="taxonomy",
        module="taxonomy.published",
        upstream=("raw_file", "column_profile", "schema", "readings", "merged_findings", "dimensions", "labels"),
        # What is published does not depend on `evaluation`, but whether it may be relied on does.
        settings=(*(f"analysis.{name}" for name in SYNTHESIS_SETTINGS), "evaluation"),
        prompts=("synthesizer",),
        per_partition=False,
    ),
    Stage(name="report", module="report.page", upstream=("taxonomy",), per_partition=False),
)

BY_NAME = {stage.name: stage for stage in STAGES}

_EARLY = ("schema", "vector_index")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Whether one stage of one partition (None: of the whole dataset) is current; `reason` says why it is not."""

    stage: str
    partition: str | None
    status: Literal["current", "stale", "missing"]
    reason: str = ""


def code_version(stage: str) -> str:
    """16 hex characters over the source of what the stage's module computes with (see `source_code`)."""
    return source_code.version_of(BY_NAME[stage].module)


def inputs_of(
    store: DatasetStore,
    config: DatasetConfig,
    stage: Stage,
    partition: str | None,
    *,
    sources: Mapping[str, str],
) -> dict[str, str] | None:
    """What the stage's output would be made from now, by name; None while an upstream output is missing.

    `sources` maps each partition of the source to the fingerprint of its files. A per-dataset stage reads the
    partitions that are materialised.
    """
    inputs = {"code": code_version(stage.name)}
    inputs |= {f"settings {name}": fingerprint.of_json(_setting(config, name)) for name in stage.settings}
    used = stage.prompts if config.analysis.mode == "model" else ()
    inputs |= {f"prompt {name}": prompts.load(name, config.analysis.prompts).version for name in used}
    if stage.name in {"labels", "taxonomy"}:
        decided = config.curation.of_labels if stage.name == "labels" else config.curation.settings
        inputs["decisions"] = fingerprint.of_json(decided)
    if stage.name == "raw_file":
        if partition is None or partition not in sources:
            return None
        inputs["source files"] = sources[partition]
        if config.redact and store.redaction_key_path.exists():
            inputs["redaction key"] = fingerprint.of_files([store.redaction_key_path])
    for name in stage.upstream:
        wanted = _upstream_partitions(store, stage, BY_NAME[name], partition)
        outputs = {each: output_of(store, name, each) for each in wanted}
        if not outputs or None in outputs.values():
            return None
        inputs |= {f"{name} {each}" if each else name: str(output) for each, output in outputs.items()}
    return inputs


def output_of(store: DatasetStore, stage: str, partition: str | None) -> str | None:
    """The fingerprint of a stage's stored output, or None if it never completed."""
    path = store.stamp_path(stage, partition)
    return str(read_json(path)["output"]) if path.exists() else None


def materialised_partitions(store: DatasetStore, reader: str = "") -> tuple[str, ...]:
    """Partitions whose own stages are all complete, sorted: what per-dataset stages read.

    The schema is for people to look at, and the index of vectors to search with, before anything dearer runs: for
    these as `reader` only what they are made from has to be complete.
    """
    own = [stage.name for stage in STAGES if stage.per_partition and stage.name != "labels"]
    if reader in _EARLY:
        own = ["raw_file", *BY_NAME[reader].upstream]
    found = store.partitions_with("stamps/raw_file", ".json")
    return tuple(each for each in found if all(store.stamp_path(name, each).exists() for name in own))


def state_of(
    store: DatasetStore, config: DatasetConfig, stage: Stage, partition: str | None, *, sources: Mapping[str, str]
) -> State:
    """Whether the stage's stored output is what it would be made from now."""
    path = store.stamp_path(stage.name, partition)
    if not path.exists():
        return State(stage=stage.name, partition=partition, status="missing", reason="never materialised")
    absent = next((each for each in output_paths(store, stage.name, partition) if not each.exists()), None)
    if absent:
        return State(stage=stage.name, partition=partition, status="missing", reason=f"{absent} is gone")
    now = inputs_of(store, config, stage, partition, sources=sources)
    then: dict[str, str] = read_json(path)["inputs"]
    if now == then:
        return State(stage=stage.name, partition=partition, status="current")
    reason = "an input is missing" if now is None else _difference(then, now)
    return State(stage=stage.name, partition=partition, status="stale", reason=reason)


def states(store: DatasetStore, config: DatasetConfig, *, sources: Mapping[str, str]) -> tuple[State, ...]:
    """The state of every stage, in pipeline order, over the partitions the source has now."""
    return tuple(
        state_of(store, config, stage, partition, sources=sources)
        for stage in STAGES
        for partition in (sorted(sources) if stage.per_partition else (None,))
    )


def stamp(store: DatasetStore, stage: str, partition: str | None, inputs: Mapping[str, str]) -> str:
    """Record that the stage completed from `inputs`; returns the fingerprint of its output."""
    if stage in {"embeddings", "lexical_index", "vector_index"}:
        # Databases do not repeat byte for byte; what they hold is determined by what went in.
        output = fingerprint.of_json(dict(inputs))
    else:
        output = fingerprint.of_files(output_paths(store, stage, partition))
    write_json({"inputs": dict(inputs), "output": output}, store.stamp_path(stage, partition))
    return output


def unstamp(store: DatasetStore, stage: str, partition: str | None) -> None:
    """Forget that the stage completed, before its files are replaced: a crash in between leaves it to be redone."""
    store.stamp_path(stage, partition).unlink(missing_ok=True)


def output_paths(store: DatasetStore, stage: str, partition: str | None) -> tuple[Path, ...]:
    """The files a stage stores for a partition, in a fixed order."""
    per_dataset = {
        "vector_index": (store.vectors_folder, store.vector_copies_path, *_vector_copies(store)),
        "schema": (store.schema_path,),
        "dimensions": (store.dimensions_path, *sorted(store.classifiers_folder.glob("[!.]*.npz"))),
        "taxonomy": (store.taxonomy_path, store.merged_all_years_path),
        "report": (store.report_path,),
    }
    if partition is None:
        return per_dataset[stage]
    if stage == "raw_file":
        records = store.records_paths(partition) if store.manifest_path(partition).exists() else ()
        beside = (store.quarantine_path(partition), store.paths_path(partition), store.extents_path(partition))
        types = store.cell_types_path(partition)
        return (store.manifest_path(partition), *beside, types, *records)
    return {
        "column_profile": (store.profile_path(partition),),
        "column_pairs": (store.column_pairs_path(partition),),
        "chunks": (store.chunks_path(partition),),
        "embeddings": (store.vectors_folder,),
        "lexical_index": (store.lexical_folder,),
        "findings": (store.findings_path(partition), store.statements_path(partition), store.derived_path(partition)),
        "readings": (
            store.readings_path(partition),
            store.read_units_path(partition),
            store.read_findings_path(partition),
            store.read_statements_path(partition),
        ),
        "merged_findings": (store.merged_findings_path(partition),),
        # What a model labelled, and what a person's decisions changed, is there only where they do.
        "labels": (store.labels_path(partition), *_beside_labels(store, partition)),
    }[stage]


def _beside_labels(store: DatasetStore, partition: str) -> tuple[Path, ...]:
    paths = (store.read_labels_path(partition), store.moved_labels_path(partition))
    return tuple(path for path in paths if path.exists())


def _vector_copies(store: DatasetStore) -> tuple[Path, ...]:
    with contextlib.suppress(StoreError):  # of a damaged list, a search says what to do
        if store.vector_copies_path.exists():
            return tuple(map(store.vector_copy_path, read_json(store.vector_copies_path)["partitions"]))
    return ()


def _upstream_partitions(
    store: DatasetStore, stage: Stage, upstream: Stage, partition: str | None
) -> tuple[str | None, ...]:
    if not upstream.per_partition:
        return (None,)
    return (partition,) if partition else materialised_partitions(store, stage.name)


def _setting(config: DatasetConfig, name: str) -> object:
    value: object = config.model_dump(mode="json")
    for part in name.split("."):
        value = value[part] if isinstance(value, dict) else None
    return value


def _difference(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    added = [f"new: {name}" for name in now if name not in then]
    removed = [f"gone: {name}" for name in then if name not in now]
    changed = [f"changed: {name}" for name in now if name in then and now[name] != then[name]]
    differences = added + removed + changed
    more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
    return ", ".join(differences[:3]) + more
