"""`rlm taxonomy diff`: what changed between two published taxonomies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from assets.command_line.group import ConfigArgument, JsonOption, open_dataset, out, print_json
from rlm_pipeline.taxonomy import difference, history
from rlm_pipeline.taxonomy.difference import CategoryChange, Difference, DimensionChange

_LEAST_MOVE = 0.005
"""Of a share: smaller moves of categories that are as they were are counted, not listed."""

_MOST_LISTED = 20
_STYLES = {
    "new": "green",
    "merged": "magenta",
    "split": "magenta",
    "renamed": "cyan",
    "retired": "red",
    "continued": "dim",
}


def diff(
    config: ConfigArgument,
    earlier: Annotated[
        str,
        typer.Argument(
            metavar="[FROM]", show_default=False, help="A run's id, or its beginning; else the one before TO."
        ),
    ] = "",
    later: Annotated[
        str,
        typer.Argument(
            metavar="[TO]", show_default=False, help="A run's id, or its beginning; else the published one."
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Show what changed between two runs: categories new, merged, split, renamed, retired; shares; relationships."""
    dataset = open_dataset(config)
    pair = history.chosen(dataset.store, earlier, later)
    if pair is None:
        kept = history.runs(dataset.store)
        only = f"run {kept[-1].run_id} of {kept[-1].generated_at}" if kept else "no run"
        said = f"nothing to compare with: {only} is all that is kept"
        if json:
            print_json({"compared": False, "reason": said})
        else:
            out.print(said, highlight=False, soft_wrap=True)
        return
    start, end = pair
    found = difference.between(history.load(start), history.load(end))
    if json:
        times = {"earlier_at": start.generated_at, "later_at": end.generated_at}
        print_json({"compared": True, **times, **asdict(found)})
        return
    out.print(
        f"{start.run_id} ({start.generated_at}) → {end.run_id} ({end.generated_at})", highlight=False, soft_wrap=True
    )
    out.print(f"{found.records_before:,} → {found.records:,} records", highlight=False)
    unchanged = [each for each in found.dimensions if not any(_lines(each))]
    for each in found.dimensions:
        _say_dimension(each)
    _say_others(found)
    if unchanged:
        names = ", ".join(each.name for each in unchanged[:_MOST_LISTED])
        out.print(f"as before: {len(unchanged)} dimensions ({names}{', …' if len(unchanged) > _MOST_LISTED else ''})",
                  markup=False, highlight=False, soft_wrap=True)  # fmt: skip


def _say_dimension(dimension: DimensionChange) -> None:
    lines = list(_lines(dimension))
    if not lines:
        return
    out.print()
    out.print(f"[bold]{escape(dimension.name)}[/] [dim]{dimension.id}[/]", highlight=False)
    for line in lines:
        out.print(f"  {line}", highlight=False, soft_wrap=True)


def _lines(dimension: DimensionChange) -> Iterator[str]:
    if dimension.state != "continued":
        was = f", was “{escape(dimension.former_name)}”" if dimension.state == "renamed" else ""
        yield f"[yellow]{dimension.state}[/]{was}"
    if dimension.state in {"new", "retired"}:
        yield f"{len(dimension.categories)} categories"
        return
    listed = [each for each in dimension.categories if each.state != "continued" or abs(each.move) >= _LEAST_MOVE]
    yield from map(_line, listed)
    if listed and (rest := len(dimension.categories) - len(listed)):
        yield f"[dim]{rest} other {'category' if rest == 1 else 'categories'} as before, within {_LEAST_MOVE:.1%}[/]"


def _line(change: CategoryChange) -> str:
    about = ""
    if change.state == "renamed":
        about = f", was {_quoted([change.former_name])}"
    elif change.state in {"merged", "split"}:
        about = f", {'has taken in' if change.state == 'merged' else 'from'} {_quoted(change.origins)}"
        about += f", was {_quoted([change.former_name])}" if change.former_name not in {"", change.name} else ""
    elif change.into:
        about = f", now in {_quoted(change.into)}"
    about += ", by a person" if change.by_person else ""
    return f"[{_STYLES[change.state]}]{change.state:<9}[/] {escape(change.name)}{about}  {_figures(change)}"


def _figures(change: CategoryChange) -> str:
    if change.share is None:
        return f"[dim]{change.count_before:,} records, {change.share_before:.1%}[/]"
    if change.share_before is None or (change.count, change.share) == (change.count_before, change.share_before):
        return f"[dim]{change.count:,} records, {change.share:.1%}[/]"
    points = f"{100 * change.move:+.1f} points"
    counts = f"{change.count_before:,} → {change.count:,} records"
    return f"[dim]{counts}, {change.share_before:.1%} → {change.share:.1%} ({points})[/]"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{escape(each)}”" for each in names)


def _say_others(found: Difference) -> None:
    _say("relationships gained", found.relationships_gained)
    _say("relationships lost", found.relationships_lost)
    _say("trends gained", found.trends_gained)
    _say("trends lost", found.trends_lost)
    _say("decisions that no longer fit", found.decisions_that_no_longer_fit)


def _say(heading: str, sentences: Sequence[str]) -> None:
    if not sentences:
        return
    out.print()
    out.print(f"[bold]{heading}[/]")
    for each in sentences[:_MOST_LISTED]:
        out.print(f"  {each}", markup=False, highlight=False, soft_wrap=True)
    if len(sentences) > _MOST_LISTED:
        out.print(f"  and {len(sentences) - _MOST_LISTED} more (--json has all)", highlight=False)
