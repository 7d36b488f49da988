"""`rlm dispatch` and `rlm aggregate`: batches of chunks for readers outside, and their answers taken back in."""

import json as jsons
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from assets.command_line.chunks import SourceOption
from assets.command_line.group import (
    ConfigArgument,
    Dataset,
    JsonOption,
    PartitionOption,
    err,
    open_dataset,
    partitions_given,
    print_json,
)
from assets.command_line.printing import FormatOption, chosen, on_one_line, print_rows, print_table, say
from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import aggregation, answers, dispatched, working_texts
from rlm_pipeline.exchange.aggregation import GroupBy, SortBy
from rlm_pipeline.exchange.answers import Relevance
from rlm_pipeline.exchange.json_values import Broken, values_in
from rlm_pipeline.retrieval import hybrid
from rlm_pipeline.retrieval.filters import Filters

_LISTED = 20
_WIDE = 200


def dispatch(
    config: ConfigArgument,
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="Only chunks that match it, best first.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", help="Chunks in a batch.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Exactly so many batches.")] = None,
    tokens: Annotated[int | None, typer.Option("--tokens", help="Estimated tokens in a batch, at most.")] = None,
    partition: PartitionOption = [],
    source: SourceOption = [],
    content_type: Annotated[list[str], typer.Option("--type", help="Only chunks of this content type.")] = [],
    place: Annotated[list[str], typer.Option("--place", help="Only chunks at this place, such as a heading.")] = [],
    where: Annotated[list[str], typer.Option("--where", help="Only chunks with such a record: 'column = value'.")] = [],
    mode: Annotated[hybrid.Mode, typer.Option(help="How a query matches.")] = "hybrid",
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, help="At most so many chunks match a query.")] = 1000,
    threshold: Annotated[
        float, typer.Option("--threshold", "-t", min=-1.0, max=1.0, help="Cosine similarity of a match by meaning.")
    ] = 0.3,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Put chunks into batches to hand out: all of them in their order, or those that match a query."""
    dataset = open_dataset(config)
    sizes = {"--batch-size": batch_size, "--workers": workers, "--tokens": tokens}
    given = [name for name, size in sizes.items() if size is not None]
    if len(given) > 1:
        raise QueryError(f"{' and '.join(given)} contradict each other; give one of them")
    filters = Filters(
        partitions=partitions_given(partition),
        sources=tuple(source),
        content_types=tuple(content_type),
        places=tuple(place),
        where=tuple(where),
    )
    asked = hybrid.Query(text=query or "", mode=mode, top_k=top_k, threshold=threshold, filters=filters)
    found = dispatched.plan(
        dataset.store,
        dataset.config,
        dispatched.Size(batch_size=batch_size, workers=workers, tokens=tokens),
        scope=filters,
        query=asked if query is not None else None,
    )
    how = chosen(format, json=json)
    if how == "ndjson":
        print_rows((asdict(batch) for batch in found.batches), how)
        return
    if how == "json":
        print_json(asdict(found))
        return
    if not found.batches:
        say("no chunk matches")
        return
    columns = ["batch_index", "batch_id", "chunk_count", "records", "tokens"]
    rows = [[*(getattr(batch, name) for name in columns), batch.chunk_ids[0]] for batch in found.batches]
    print_table(["batch", "id", "chunks", "records", "tokens", "first chunk"], rows)
    say(f"plan {found.plan_id}: {found.total_chunks:,} chunks in {found.batch_count:,} batches")


def aggregate(
    config: ConfigArgument,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="The answers; '-' or nothing: standard input.")] = "-",
    min_relevance: Annotated[Relevance, typer.Option(help="Leave out answers less relevant.")] = "low",
    group_by: Annotated[GroupBy, typer.Option(help="How the answers are grouped.")] = "relevance",
    sort_by: Annotated[SortBy, typer.Option(help="How the answers are sorted.")] = "relevance",
    plan: Annotated[
        Path | None, typer.Option("--plan", help="What `rlm dispatch` printed: coverage is of its chunks.")
    ] = None,
    partition: PartitionOption = [],
    output_buffer: Annotated[str, typer.Option("--output-buffer", "-o", help="Keep the result as a buffer.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace the buffer if it exists.")] = False,
    format: FormatOption = "text",  # noqa: A002
    json: JsonOption = False,
) -> None:
    """Bring the answers of outside readers together: checked against the chunks, grouped, told apart once."""
    dataset = open_dataset(config)
    given, aside = answers.read(_text_of(file))
    if not given and not aside:
        raise QueryError("the input holds no answers; expected JSON objects with chunk_id, relevance and findings")
    checked = aggregation.check(dataset.store, given)
    asked = _plan(plan) if plan else aggregation.known_chunks(dataset.store, partitions_given(partition))
    result = aggregation.result(
        aggregation.arranged(checked, sort_by),
        aside,
        aggregation.coverage(asked, given),
        least=min_relevance,
        group_by=group_by,
    )
    if output_buffer:
        _keep(dataset, output_buffer, result, force=force)
    how = chosen(format, json=json)
    if how == "json":
        print_json(result)
    elif how == "ndjson":
        print_rows((each for group in result["groups"] for each in group["answers"]), how)
    else:
        _show(result)
    if not given:
        err.print("error: none of the items could be used", highlight=False)
        raise typer.Exit(1)


def _text_of(file: str) -> str:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise QueryError(f"{file}: {error.strerror}") from error
    return content.decode("utf-8", "replace")


def _plan(path: Path) -> tuple[str, ...]:
    """The chunk ids of a plan, as JSON or NDJSON."""
    ids: list[str] = []
    for value in values_in(_text_of(str(path))):
        batches = value.get("batches", [value]) if isinstance(value, dict) else [value]
        for batch in batches:
            if isinstance(batch, Broken) or not isinstance(batch, dict) or "chunk_ids" not in batch:
                raise QueryError(f"{path} is no plan of `rlm dispatch --format json` or ndjson")
            ids += [str(each) for each in batch["chunk_ids"]]
    return tuple(ids)


def _keep(dataset: Dataset, name: str, result: dict[str, Any], *, force: bool) -> None:
    text = jsons.dumps(result, ensure_ascii=False, indent=1)
    working_texts.add(dataset.store, name, [text.encode("utf-8", "replace")], replace=force)


def _show(result: dict[str, Any]) -> None:
    summary = result["summary"]
    counts = [[name, each["answers"], each["findings"]] for name, each in summary["by_relevance"].items()]
    print_table(["relevance", "answers", "findings"], counts)
    for group in result["groups"]:
        say(f"{group['group']}: {len(group['answers'])} answers", style="bold")
        for each in group["answers"]:
            say(f"  {each['chunk_id']}  {each['place']}  {on_one_line(each['summary'], _WIDE)}")
            for finding in each["findings"]:
                mark = {True: " [verified]", False: " [quote not in the chunk]", None: ""}[finding["verified"]]
                say(f"    - {on_one_line(finding['text'], _WIDE)}{mark}")
    repeated = [each for each in result["findings"] if each["count"] > 1]
    for each in repeated[:_LISTED]:
        say(f"{each['count']} times: {on_one_line(each['text'], _WIDE)}")
    for each in result["follow_ups"][:_LISTED]:
        say(f"to follow up ({each['count']}): {on_one_line(each['text'], _WIDE)}")
    for each in result["set_aside"][:_LISTED]:
        err.print(f"set aside item {each['index']}: {escape(each['reason'])}", highlight=False)
    covered = result["coverage"]
    say(f"{covered['answered']:,} of {covered['asked']:,} chunks have an answer")
