"""The dataset's inventory file: what was read from each file of the source, and under which rule.

Several processes may write it at once; each writes it whole, under a name of its own first.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from rlm_pipeline import fingerprint, staleness
from rlm_pipeline.configuration import CHOICE_OF_FILES, DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.sources.places.archives import NESTED
from rlm_pipeline.sources.places.examination import Examined, FileFacts
from rlm_pipeline.sources.places.scratch import Scratch
from rlm_pipeline.sources.year_column import YearCount
from rlm_pipeline.store import DatasetStore, atomic_path, read_json

_FORMAT = 2  # files of another format are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What was known of one candidate; under another rule only its SHA-256 still holds."""

    examined: Examined
    same_rule: bool

    def with_years(self, examined: Examined) -> Examined:
        """`examined`, with the fiscal years counted before in content that is still the same."""
        if not self.same_rule:
            return examined
        counted = {facts.sha256: facts.years for facts in (self.examined.facts, *_members(self.examined))}
        counted.pop("", None)
        members = examined.members
        return Examined(
            facts=_dated(examined.facts, counted),
            members=None if members is None else tuple((name, _dated(facts, counted)) for name, facts in members),
        )


def _members(examined: Examined) -> list[FileFacts]:
    return [facts for _, facts in examined.members or ()]


def _dated(facts: FileFacts, counted: dict[str, YearCount | None]) -> FileFacts:
    return replace(facts, years=counted.get(facts.sha256))


def read(store: DatasetStore, config: DatasetConfig) -> dict[str, Remembered]:
    """What was read before, by origin; nothing if the file is damaged or of another format."""
    if not store.inventory_path.exists():
        return {}
    try:
        content = read_json(store.inventory_path)
    except StoreError:
        return {}
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        return {}
    same_rule = content["rule"] == _rule(config)
    return {
        origin: Remembered(examined=_parsed(stored), same_rule=same_rule) for origin, stored in content["files"].items()
    }


def write(
    store: DatasetStore,
    config: DatasetConfig,
    examined: dict[str, Examined],
    settled: dict[str, FileFacts],
    scratch: Scratch,
) -> None:
    """Remember what was read; `settled` are facts that became known later, by origin.

    Raises:
        StoreError: the file cannot be written.

    """
    files = {origin: _stored(origin, each, settled) for origin, each in examined.items()}
    # Names that are no UTF-8 have surrogates in them, which only escapes can write.
    text = json.dumps({"format": _FORMAT, "rule": _rule(config), "files": files}, sort_keys=True, indent=1) + "\n"
    if store.inventory_path.exists() and store.inventory_path.read_text(encoding="utf-8", errors="replace") == text:
        return
    with atomic_path(store.inventory_path, partial=scratch.new_path()) as partial:
        partial.write_text(text, encoding="utf-8")


def _rule(config: DatasetConfig) -> str:
    """What decides about a file, besides the file: our code and these settings."""
    choice = config.files.model_dump(mode="json", include=set(CHOICE_OF_FILES))
    settings = [config.partition.model_dump(mode="json"), choice]
    return fingerprint.of_json([staleness.code_version("raw_file"), config.source, config.format, *settings])


def _stored(origin: str, examined: Examined, settled: dict[str, FileFacts]) -> dict[str, Any]:
    members = examined.members
    return {
        "facts": asdict(settled.get(origin, examined.facts)),
        "members": None
        if members is None
        else [
            [name, asdict(facts if facts.reason else settled.get(f"{origin}{NESTED}{name}", facts))]
            for name, facts in members
        ],
    }


def _parsed(stored: dict[str, Any]) -> Examined:
    members = stored["members"]
    return Examined(
        facts=_facts(stored["facts"]),
        members=None if members is None else tuple((name, _facts(facts)) for name, facts in members),
    )


def _facts(stored: dict[str, Any]) -> FileFacts:
    years = YearCount(**stored["years"]) if stored["years"] is not None else None
    return FileFacts(**{**stored, "years": years})
