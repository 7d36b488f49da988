"""What the report reads from the store, and nothing else."""

from dataclasses import dataclass
from typing import Any

import pydantic

from rlm_pipeline.errors import StoreError
from rlm_pipeline.model import SourceManifest
from rlm_pipeline.profiling import schema as schemas
from rlm_pipeline.profiling.schema import Schema
from rlm_pipeline.store import DatasetStore, read_json
from rlm_pipeline.synthesis.answer import Narrative
from rlm_pipeline.synthesis.document import Conflict, Ranked, Theme
from rlm_pipeline.taxonomy import published
from rlm_pipeline.taxonomy.document import Input, Taxonomy

MOST_THEMES, MOST_CONFLICTS, MOST_FINDINGS = 40, 60, 30
"""Themes, conflicts and findings on the page; merged_findings.json holds all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One input file; `manifest` is None where it was read by an earlier run and is gone since."""

    input: Input
    manifest: SourceManifest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInputs:
    """Everything the page is made from; `schema` is None before the schema stage ran."""

    taxonomy: Taxonomy
    sources: tuple[SourceRow, ...]
    schema: Schema | None = None
    themes: tuple[Theme, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    findings: tuple[Ranked, ...] = ()
    narrative: Narrative | None = None


def read(dataset: DatasetStore) -> ReportInputs:
    """Read the published taxonomy, what describes its sources, and the merged findings if there are any.

    Raises:
        NotMaterialised: the taxonomy is not published yet.
        StoreError: a stored file is damaged or of another version.

    """
    taxonomy = published.load(dataset)
    return ReportInputs(
        taxonomy=taxonomy,
        sources=_sources(dataset, taxonomy),
        schema=schemas.load(dataset) if dataset.schema_path.exists() else None,
        **_merged(dataset),
    )


def _sources(dataset: DatasetStore, taxonomy: Taxonomy) -> tuple[SourceRow, ...]:
    known: dict[tuple[str, str], SourceManifest] = {}
    for partition in sorted({part.partition for part in taxonomy.inputs}):
        if dataset.manifest_path(partition).exists():
            for source in dataset.manifest(partition).sources:
                known[partition, source.source] = source
    return tuple(
        SourceRow(input=part, manifest=known.get((part.partition, part.source)))
        for part in sorted(taxonomy.inputs, key=lambda part: (part.partition, part.source))
    )


def _merged(dataset: DatasetStore) -> dict[str, Any]:
    path = dataset.merged_all_years_path
    if not path.exists():
        return {}
    content: dict[str, Any] = read_json(path)
    try:
        # Only these are validated: the columns beside them can be tens of megabytes.
        themes = [Theme.model_validate(each) for each in content["themes"]]
        conflicts = [Conflict.model_validate(each) for each in content["conflicts"]]
        ranked = [Ranked.model_validate(each) for each in content["top"]]
        narrative = Narrative.model_validate(content["narrative"]) if content.get("narrative") else None
    except (KeyError, pydantic.ValidationError) as error:
        raise StoreError(f"{path} holds no merged findings ({error}); delete it and run again") from error
    # A theme of one column repeats its profile, and so does what is found about one column or a pair.
    telling = [theme for theme in themes if len(theme.members) > 1]
    findings = [found for found in ranked if found.of in {"scope", "reading"}]
    return {
        "themes": tuple(telling[:MOST_THEMES]),
        "conflicts": tuple(conflicts[:MOST_CONFLICTS]),
        "findings": tuple(findings[:MOST_FINDINGS]),
        "narrative": narrative,
    }
