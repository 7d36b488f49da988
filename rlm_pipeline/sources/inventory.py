"""What a dataset's source holds: its files, the partitions they belong to, and content fingerprints.

What was read from a file (its hash, the fiscal years in it) is remembered in the dataset's inventory file for as long
as the file's path, size and modification time stay the same, so that looking again reads no file.
"""

import logging
from dataclasses import asdict, dataclass
from typing import Any

from rlm_pipeline import fingerprint, staleness
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.model import ALL_YEARS, UNDATED, SourceFile
from rlm_pipeline.sources.content import unreadable
from rlm_pipeline.sources.fiscal_year import key_of_name
from rlm_pipeline.sources.locations import find_files
from rlm_pipeline.sources.year_column import YearCount, count_years
from rlm_pipeline.store import DatasetStore, read_json, write_json

logger = logging.getLogger(__name__)

_FORMAT = 1  # of the inventory file; files of another format are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is known of one file: its state when it was read, its SHA-256, and its fiscal years (by: column)."""

    bytes: int
    modified_ns: int
    sha256: str
    years: YearCount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The files of each partition, partitions sorted; a fingerprint of what each is made from; facts by file name."""

    partitions: dict[str, tuple[SourceFile, ...]]
    fingerprints: dict[str, str]
    facts: dict[str, FileFacts]


def take_inventory(store: DatasetStore, config: DatasetConfig) -> Inventory:
    """Find the dataset's files and sort them into partitions; reads only files that are new or changed.

    Raises:
        SourceError: no file matches, a file cannot be read or is no table, or its name has no fiscal year.
        ConfigurationError: a file lacks the partition column.

    """
    files = find_files(config.source)
    keys = {file.name: _key(file, config) for file in files}
    remembered = _remembered(store, config)
    facts = {file.name: _facts(file, config, remembered.get(str(file.path))) for file in files}
    _remember(store, config, {str(file.path): facts[file.name] for file in files})
    partitions: dict[str, list[SourceFile]] = {}
    for file in files:
        years = facts[file.name].years
        for key in (keys[file.name],) if years is None else years.records:
            partitions.setdefault(key, []).append(file)
    if not partitions:
        partitions = {UNDATED: list(files)}
    return Inventory(
        partitions={key: tuple(members) for key, members in sorted(partitions.items())},
        fingerprints={key: _fingerprint(key, members, facts) for key, members in sorted(partitions.items())},
        facts=facts,
    )


def _key(file: SourceFile, config: DatasetConfig) -> str:
    if config.partition.by == "filename":
        return key_of_name(file.path.name, config.partition.pattern or "")
    return ALL_YEARS


def _fingerprint(key: str, members: list[SourceFile], facts: dict[str, FileFacts]) -> str:
    contents = [part for file in members for part in (file.name, facts[file.name].sha256)]
    by_column = any(facts[file.name].years is not None for file in members)
    return fingerprint.of_text(*([key] if by_column else []), *contents)


def _facts(file: SourceFile, config: DatasetConfig, known: FileFacts | None) -> FileFacts:
    """What is known of one file, read only as far as it is not known."""
    try:
        state = file.path.stat()
        same = known is not None and (known.bytes, known.modified_ns) == (state.st_size, state.st_mtime_ns)
        sha256 = known.sha256 if known is not None and same else fingerprint.sha256_of_file(file.path)
    except OSError as error:
        raise unreadable(file.path, error) from error
    years = None
    if config.partition.by == "column":
        years = known.years if known is not None and known.sha256 == sha256 else None
        if years is None:
            logger.info("counting the fiscal years in %s", file.name)
            years = count_years(file.path, config, file.name)
    return FileFacts(bytes=state.st_size, modified_ns=state.st_mtime_ns, sha256=sha256, years=years)


def _rule(config: DatasetConfig) -> str:
    """What decides about the fiscal years in a file, besides the file: our code and these settings."""
    code = staleness.code_version("raw_file")
    return fingerprint.of_json([code, config.format, config.partition.model_dump(mode="json")])


def _remembered(store: DatasetStore, config: DatasetConfig) -> dict[str, FileFacts]:
    """What was read before, by path; fiscal years only if they were counted by the same rule."""
    if not store.inventory_path.exists():
        return {}
    try:
        content = read_json(store.inventory_path)
    except StoreError:
        return {}
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        return {}
    same_rule = content["rule"] == _rule(config)
    return {path: _parsed(facts, with_years=same_rule) for path, facts in content["files"].items()}


def _parsed(facts: dict[str, Any], *, with_years: bool) -> FileFacts:
    years = YearCount(**facts["years"]) if with_years and facts["years"] is not None else None
    return FileFacts(**{**facts, "years": years})


def _remember(store: DatasetStore, config: DatasetConfig, facts: dict[str, FileFacts]) -> None:
    content = {
        "format": _FORMAT,
        "rule": _rule(config),
        "files": {path: asdict(known) for path, known in facts.items()},
    }
    if facts != _remembered(store, config) or not store.inventory_path.exists():
        write_json(content, store.inventory_path)
