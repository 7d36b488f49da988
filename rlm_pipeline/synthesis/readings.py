"""What models said: equal words are one finding, with how often, of how many records and by which models."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from rlm_pipeline.analysis.sums import as_text
from rlm_pipeline.synthesis import addition, citing, said, stored
from rlm_pipeline.synthesis.document import ReadFinding

_ENDS = " .;,:!"
_WHITE = re.compile(r"\s+")


def gather(findings: pl.LazyFrame, partition: str) -> tuple[ReadFinding, ...]:
    """One entry per analyst, type, scope and wording, of the findings (`FINDING_SCHEMA`) that models made."""
    made = findings.filter(stored.BY_MODEL).collect().unique("finding_id", keep="first", maintain_order=True)
    return added(_entry(row, partition) for row in made.iter_rows(named=True))


def added(found: Iterable[ReadFinding]) -> tuple[ReadFinding, ...]:
    """One entry per analyst, type, scope and wording, in their order."""
    grouped: dict[tuple[str, ...], list[ReadFinding]] = {}
    for each in found:
        grouped.setdefault((*_place(each), normalised(each.summary)), []).append(each)
    return tuple(_added(group) for _, group in sorted(grouped.items()))


def normalised(summary: str) -> str:
    """What wordings are compared by: letter case, spacing, compatibility forms and the end of the sentence aside."""
    return _WHITE.sub(" ", unicodedata.normalize("NFKC", summary)).casefold().strip(_ENDS)


def at_scope(found: ReadFinding, scope: str) -> ReadFinding:
    """The same said about a scope of another name."""
    identity = said.identity(found.analyst, found.type, scope, normalised(found.summary))
    return found.model_copy(update={"scope": scope, "id": identity})


def _place(found: ReadFinding) -> tuple[str, str, str]:
    return (found.analyst, found.type, found.scope)


def _added(group: Sequence[ReadFinding]) -> ReadFinding:
    if len(group) == 1:
        return group[0]
    return ReadFinding(
        **said.added(group),
        id=group[0].id,
        summary=min(each.summary for each in group),
        occurrences=sum(each.occurrences for each in group),
        occurrences_by_partition=addition.counts(each.occurrences_by_partition for each in group),
        models=addition.counts(each.models for each in group),
        prompt_versions=addition.counts(each.prompt_versions for each in group),
        cost=as_text(said.exact_sum(Decimal(each.cost) for each in group)),
    )


def _entry(row: Mapping[str, Any], partition: str) -> ReadFinding:
    """One stored finding; `row` has the columns of `FINDING_SCHEMA`."""
    place = (row["analyst"], row["type"], row["scope"])
    counted = Counter({each["value"]: 0 for each in row["distribution"]})
    for each in row["distribution"]:
        counted[each["value"]] += each["count"]
    return ReadFinding(
        id=said.identity(*place, normalised(row["summary"])),
        analyst=row["analyst"],
        type=row["type"],
        scope=row["scope"],
        summary=row["summary"],
        severity=row["severity"],
        severities={row["severity"]: 1},
        confidence=said.mean(Decimal(repr(row["confidence"])), 1),
        confidence_sum=as_text(Decimal(repr(row["confidence"]))),
        total=row["total"],
        total_by_partition={partition: row["total"]},
        distribution=dict(sorted(counted.items())),
        citations=citing.chosen(stored.citation(each, partition) for each in row["citations"]),
        occurrences=1,
        occurrences_by_partition={partition: 1},
        models={row["model"]: 1},
        prompt_versions={row["prompt_version"]: 1},
        cost=as_text(Decimal(repr(row["cost"]))),
    )
