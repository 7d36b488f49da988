"""`rlm findings`: what all analysts found, merged and ranked, with counts and records to look at."""

from fnmatch import fnmatchcase
from typing import Annotated

import typer

from assets.command_line.group import (
    ConfigArgument,
    JsonOption,
    PartitionOption,
    err,
    open_dataset,
    partitions_given,
    print_json,
)
from assets.command_line.printing import FormatOption, chosen, on_one_line, print_rows, say
from rlm_pipeline.analysis.observation import Analyst, Severity
from rlm_pipeline.errors import NotMaterialised, QueryError
from rlm_pipeline.synthesis import merge, ranking
from rlm_pipeline.synthesis.document import Ranked

_QUOTE = 100
_SUMMARY = 400
_STYLES = {"warning": "bold red", "notice": "bold yellow", "info": "bold"}


def findings(
    config: ConfigArgument,
    partition: PartitionOption = [],
    analyst: Annotated[Analyst | None, typer.Option("--analyst", "-a", help="Only this analyst's.")] = None,
    kind: Annotated[str, typer.Option("--type", "-t", help="Only findings of this type.")] = "",
    scope: Annotated[
        str, typer.Option("--scope", "-s", help="Only about scopes like this glob: a column, a path, a definition.")
    ] = "",
    severity: Annotated[Severity, typer.Option("--severity", help="Only of this severity or a higher one.")] = "info",
    top: Annotated[int, typer.Option("--top", "-n", min=1, help="At most this many.")] = 20,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Show what all analysts found, merged over batches and years, the most important first."""
    dataset = open_dataset(config)
    partitions = partitions_given(partition) or dataset.store.partitions_with("merged_findings", ".json")
    if not partitions:
        raise NotMaterialised("merged_findings", None, dataset.config.name)
    every = ranking.rank(merge.of_partitions(dataset.store, partitions))
    if kind and kind not in (known := sorted({each.type for each in every})):
        raise QueryError(f"no findings of type {kind!r}; there are {', '.join(known) or 'no findings'}")
    found = [
        each
        for each in every
        if analyst in (None, each.analyst)
        and kind in ("", each.type)
        and _is_like(each.scope, scope)
        and ranking.WEIGHTS[each.severity] >= ranking.WEIGHTS[severity]
    ]
    rows = [each.model_dump(mode="json") for each in found[:top]]
    how = chosen(format, json=json)
    if how == "json":
        print_json({"total": len(found), "shown": len(rows), "findings": rows})
        return
    if how == "ndjson":
        print_rows(rows, how)
    else:
        for place, each in enumerate(found[:top], start=1):
            _show(place, each)
    if len(rows) != len(found) or not found:
        err.print(f"{len(rows):,} of {len(found):,} findings", highlight=False)


def _is_like(scope: str, glob: str) -> bool:
    # A path such as $.items[*].id is itself no glob that matches it.
    return not glob or scope == glob or fnmatchcase(scope, glob)


def _show(place: int, found: Ranked) -> None:
    who = f"{found.analyst}, a model" if found.of == "reading" else found.analyst
    about = on_one_line(found.scope, _SUMMARY)
    say(f"{place:>3}. {found.score:.3f}  {found.type}  {about}  [{who}]", style=_STYLES[found.severity])
    say(f"     {on_one_line(found.summary, _SUMMARY)}")
    say(f"     {found.why}")
    for each in found.citations:
        say(f'     {each.partition} {each.source}:{each.row} "{on_one_line(each.quote, _QUOTE)}"')
