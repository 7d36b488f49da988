"""`rlm search`: chunks found by meaning, by word, or by both, within what the filters leave."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from assets.command_line.group import (
    ConfigArgument,
    Dataset,
    JsonOption,
    PartitionOption,
    err,
    open_dataset,
    out,
    partitions_given,
    print_json,
)
from assets.command_line.printing import FormatOption, chosen, print_rows
from rlm_pipeline.errors import QueryError
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.retrieval import highlights, hybrid
from rlm_pipeline.retrieval.filters import Filters, Labelled
from rlm_pipeline.retrieval.ranking import RRF_K

_PREVIEW = 280
_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")  # a terminal obeys control characters
_ROWS_SHOWN = 8
_NEAR_DUPLICATE = 0.95


def search(
    config: ConfigArgument,
    query: Annotated[str, typer.Argument(help="Words, a question, or a query such as 'place:intro +roof -bolt'.")] = "",
    like: Annotated[str, typer.Option("--like", metavar="ID", help="More like this chunk, instead of a query.")] = "",
    mode: Annotated[
        Literal["hybrid", "semantic", "bm25"], typer.Option("--mode", "-m", help="How to match.")
    ] = "hybrid",
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, max=1000, help="How many chunks.")] = 10,
    threshold: Annotated[
        float | None, typer.Option("--threshold", "-t", help="Least similarity (cosine) of what only meaning finds.")
    ] = None,
    rrf_k: Annotated[int, typer.Option("--rrf-k", min=0, help="Flattens the fusion of ranks.")] = RRF_K,
    partition: PartitionOption = [],
    source: Annotated[list[str], typer.Option("--source", "-s", help="Only sources like this glob; repeatable.")] = [],
    content_type: Annotated[list[str], typer.Option("--type", help="Only this content type; repeatable.")] = [],
    place: Annotated[
        list[str], typer.Option("--place", help="Only places that begin so, or like this glob; repeatable.")
    ] = [],
    category: Annotated[
        list[str],
        typer.Option("--category", metavar="DIM=CATEGORY", help="Only with a record so labelled; repeatable."),
    ] = [],
    where: Annotated[
        list[str],
        typer.Option("--where", help="Only with such a record: \"priority = 'P1' and year > 2012\"; repeatable."),
    ] = [],
    diverse: Annotated[
        float | None, typer.Option("--diverse", metavar="LAMBDA", help="Weigh relevance (1) against unlikeness (0).")
    ] = None,
    collapse: Annotated[bool, typer.Option("--collapse", help="Show near-duplicates once.")] = False,
    collapse_at: Annotated[
        float | None,
        typer.Option("--collapse-at", help="Collapse from this similarity on; 0.95 with --collapse alone."),
    ] = None,
    preview_len: Annotated[int, typer.Option("--preview-len", min=1, help="Characters shown of each.")] = _PREVIEW,
    no_text: Annotated[bool, typer.Option("--no-text", help="Leave whole texts out of JSON; previews stay.")] = False,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Find chunks by meaning, by word, or by both."""
    dataset = open_dataset(config)
    filters = Filters(
        partitions=partitions_given(partition),
        sources=tuple(source),
        content_types=tuple(content_type),
        places=tuple(place),
        where=tuple(where),
        labelled=_labelled(dataset, category),
    )
    asked = hybrid.Query(
        text=query,
        like=like,
        mode=mode,
        top_k=top_k,
        threshold=threshold,
        rrf_k=rrf_k,
        collapse=_NEAR_DUPLICATE if collapse and collapse_at is None else collapse_at,
        diverse=diverse,
        filters=filters,
    )
    hits = hybrid.search(dataset.store, dataset.config, asked)
    how = chosen(format, json=json)
    if how == "text":
        for rank, hit in enumerate(hits, start=1):
            _show(rank, hit, preview_len)
        _say_what_next(dataset, hits)
        return
    rows = [_as_json(hit, preview_len, whole=not no_text) for hit in hits]
    if how == "json":
        print_json(rows)
    else:
        print_rows(rows, how)


def _as_json(hit: hybrid.Hit, length: int, *, whole: bool) -> dict[str, Any]:
    start, end = highlights.snippet(hit.text, hit.highlights, length)
    row = {**asdict(hit), "preview": hit.text[start:end], "preview_start": start}
    if not whole:
        del row["text"]
    return row


def _show(rank: int, hit: hybrid.Hit, length: int) -> None:
    place = f"{hit.source}:{hit.row_start}-{hit.row_end}" + (f"  {hit.place}" if hit.place else "")
    heading = f"{rank:>2}. {hit.score:.4f}  {hit.chunk_id}  {hit.partition}  {place}"
    out.print(Text(heading, style="bold") + Text(f"  {_why(hit)}", style="dim"), soft_wrap=True)
    out.print(_preview(hit, length), highlight=False, soft_wrap=True)
    if hit.matching_rows is not None:
        more = len(hit.matching_rows) - _ROWS_SHOWN
        rows = ", ".join(map(str, hit.matching_rows[:_ROWS_SHOWN])) + (f" and {more} more" if more > 0 else "")
        out.print(f"    matching rows: {rows}", style="dim", highlight=False, soft_wrap=True)
    if hit.collapsed:
        more = len(hit.collapsed) - _ROWS_SHOWN
        same = ", ".join(hit.collapsed[:_ROWS_SHOWN]) + (f" and {more} more" if more > 0 else "")
        out.print(f"    and {len(hit.collapsed)} nearly the same: {same}", style="dim", highlight=False, soft_wrap=True)


def _why(hit: hybrid.Hit) -> str:
    """Which method found it, at which rank: a fused score alone says nothing to a person."""
    words = f"words #{hit.bm25_rank}" if hit.bm25_rank else ""
    meaning = f"meaning #{hit.semantic_rank} {hit.semantic_score or 0:.2f}" if hit.semantic_rank else ""
    return f"[{', '.join(each for each in (words, meaning) if each)}]"


def _say_what_next(dataset: Dataset, hits: Sequence[hybrid.Hit]) -> None:
    name = dataset.config.name
    if not hits:
        said = "no chunk matches; try other words or fewer filters; `rlm grep` finds signs and parts of words"
        err.print(said, markup=False, highlight=False, soft_wrap=True)
    elif out.is_terminal:
        said = f"`rlm chunk get {name} {hits[0].chunk_id[:8]}` prints one whole; --like ID finds more like it"
        err.print(said, markup=False, highlight=False, soft_wrap=True, style="dim")


def _preview(hit: hybrid.Hit, length: int) -> Text:
    """The stretch that shows the query's words, on one line, these words marked."""
    start, end = highlights.snippet(hit.text, hit.highlights, length)
    shown, place = Text(), start
    for each in hit.highlights:
        if start <= each.start and each.end <= end:
            shown.append(_GAPS.sub(" ", hit.text[place : each.start]))
            shown.append(_GAPS.sub(" ", hit.text[each.start : each.end]), "bold yellow")
            place = each.end
    return shown.append(_GAPS.sub(" ", hit.text[place:end]))


def _labelled(dataset: Dataset, wanted: list[str]) -> tuple[Labelled, ...]:
    """The dimensions and categories named `dimension=category`; a parent stands for all below it.

    Raises:
        QueryError: one of them has no `=`, or there is no such dimension or category; names those there are.

    """
    if not wanted:
        return ()
    from rlm_pipeline.taxonomy import published

    dimensions = published.load(dataset.store).dimensions
    found = []
    for each in wanted:
        name, equals, category = each.partition("=")
        if not equals:
            raise QueryError(f"--category {each!r}: expected dimension=category")
        matching = [one for one in dimensions if name.lower() in (one.id, one.name.lower(), one.facet.lower())]
        if not matching:
            raise QueryError(f"no dimension {name!r}; there are {', '.join(one.name for one in dimensions)}")
        names = {one.id: one.name for one in matching[0].categories} | {OTHER: OTHER, BLANK: BLANK}
        ids = {identity for identity, called in names.items() if category.lower() in (identity, called.lower())}
        if not ids:
            raise QueryError(f"no category {category!r} in {name}; it has {', '.join(sorted(names.values()))}")
        while below := {one.id for one in matching[0].categories if one.parent in ids} - ids:
            ids |= below
        found.append(Labelled(dimension=matching[0].id, categories=tuple(sorted(ids))))
    return tuple(found)
