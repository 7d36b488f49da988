"""`rlm estimate`: what a model's readings take, before anything is spent."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

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
from assets.command_line.run import materialise
from resources.ledger import open_ledger
from rlm_pipeline.analysis.reading import forecast as forecasts
from rlm_pipeline.analysis.reading.forecast import Forecast
from rlm_pipeline.exchange import chunk_tables
from rlm_pipeline.llm import tokens
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.synthesis import forecast as synthesis
from rlm_pipeline.synthesis.forecast import SynthesisForecast
from rlm_pipeline.taxonomy.review import forecast as reviews
from rlm_pipeline.taxonomy.review.forecast import ReviewForecast

_BEFORE_READINGS = ("raw_file", "column_profile", "column_pairs", "chunks", "findings")


def estimate(
    config: ConfigArgument,
    partition: PartitionOption = [],
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Print what each analyst would be sent first, and send nothing.")
    ] = False,
    sample: Annotated[
        int,
        typer.Option("--sample", min=0, max=1000, help="Make so many readings, which are paid, and learn from them."),
    ] = 0,
    json: JsonOption = False,
) -> None:
    """Records, chunks, and the calls, tokens and dollars that a model takes; what needs no model is done first."""
    dataset = open_dataset(config)
    asked = partitions_given(partition)
    materialise(dataset, partitions=asked, stages=_BEFORE_READINGS)
    partitions = asked or dataset.store.partitions_with("findings")
    figures = _figures(dataset.store, partitions)
    if dataset.config.analysis.mode != "model":
        _show_statistical(figures, json=json)
        return
    with open_ledger(dataset.store) as ledger:
        if show_prompt:
            _show_prompts(dataset, partitions[0], ledger, json=json)
            return
        if sample:
            cost = forecasts.sample(dataset.store, dataset.config, partitions, ledger, sample)
            err.print(f"up to {sample} readings made, for {cost:.4f} US dollars", highlight=False)
        found = forecasts.forecast(dataset.store, dataset.config, partitions, ledger)
    explained = synthesis.forecast(dataset.config, len(partitions))
    reviewed = reviews.forecast(dataset.store, dataset.config, len(partitions))
    if json:
        whole = {"calls": found.calls, "usd": found.usd, "synthesis": asdict(explained)}
        print_json({**figures, **asdict(found), **whole, "taxonomy": [asdict(each) for each in reviewed]})
    else:
        _show(found, explained, reviewed, figures)


def _figures(store: DatasetStore, partitions: Sequence[str]) -> dict[str, int]:
    """What the stages before readings hold: records, chunks, and an estimate of the tokens of all text."""
    chunks = chunk_tables.scan(store, partitions)
    counted = chunks.select(chunks=pl.len(), text_tokens=pl.col("n_tokens_estimate").sum()).collect()
    rows = sum(store.manifest(each).rows for each in partitions)
    return {"records": rows, **{name: int(value) for name, value in counted.row(0, named=True).items()}}


def _show_statistical(figures: dict[str, int], *, json: bool) -> None:
    if json:
        print_json({**figures, "calls": 0, "usd": 0.0})
        return
    _show_figures(figures)
    said = "analysis.mode is statistical: a run asks no model and costs nothing"
    out.print(f"{said}; analysis: {{mode: model, budget_usd: 5}} reads with one", highlight=False, soft_wrap=True)


def _show_figures(figures: dict[str, int]) -> None:
    out.print(
        f"{figures['records']:,} records in {figures['chunks']:,} chunks, "
        f"about {figures['text_tokens']:,} tokens of text",
        highlight=False,
        soft_wrap=True,
    )


def _show(
    found: Forecast, explained: SynthesisForecast, reviewed: Sequence[ReviewForecast], figures: dict[str, int]
) -> None:
    _show_figures(figures)
    table = Table("analyst", "model", "records and parts", "calls", "prompt tokens", "answer tokens", "US dollars")
    for each in found.analysts:
        cells = (each.units, each.calls, each.prompt_tokens, each.answer_tokens)
        table.add_row(each.analyst, each.model, *(f"{cell:,}" for cell in cells), f"{each.usd:.4f}")
    at_most: list[tuple[str, SynthesisForecast | ReviewForecast]] = [("synthesis", explained)]
    at_most += [(one.purpose.replace("_", " "), one) for one in reviewed]
    for name, most in at_most:
        tokens_of = (most.calls, most.prompt_tokens, most.answer_tokens)
        table.add_row(f"{name}, at most", most.model, "", *(f"{cell:,}" for cell in tokens_of), f"{most.usd:.4f}")
    out.print(table)
    for line in _remarks(found):
        out.print(line, highlight=False, soft_wrap=True)


def _remarks(found: Forecast) -> Iterator[str]:
    if found.read_in_another:
        yield f"{found.read_in_another:,} records say the same as another and are read with it"
    if found.known_units:
        yield f"{found.known_units:,} were read before and cost nothing"
    if found.budget_usd is not None:
        yield (
            f"to read all the rest costs about {found.usd:.4f} US dollars; {found.spent_usd:.4f} of the budget of "
            f"{found.budget_usd:g} are spent, what is left pays for about {found.allowed_calls:,} of "
            f"{found.calls:,} calls"
        )
    answers = sum(each.answers for each in found.analysts)
    learnt = (
        f"learnt from {answers:,} answers" if answers else "by the price list alone; --sample 20 learns from answers"
    )
    yield f"prices of {found.prices_of}, {learnt}"
    if len(found.planned) < len(found.partitions):
        yield f"planned for {', '.join(found.planned)}; scaled to {len(found.partitions)} partitions by records"


def _show_prompts(dataset: Dataset, partition: str, ledger: Ledger, *, json: bool) -> None:
    prompts = forecasts.first_readings(dataset.store, dataset.config, partition, ledger)
    if json:
        print_json(
            {
                analyst: {"system": system, "prompt": prompt, "tokens": tokens.estimate(system, prompt)}
                for analyst, (system, prompt) in prompts.items()
            }
        )
        return
    for analyst, (system, prompt) in prompts.items():
        err.print(f"[bold]{analyst}[/]: about {tokens.estimate(system, prompt):,} tokens", highlight=False)
        out.print(f"{system}\n\n{prompt}\n", markup=False, highlight=False, soft_wrap=True)
