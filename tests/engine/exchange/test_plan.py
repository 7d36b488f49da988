import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange import dispatched, plan
from rlm_pipeline.exchange.dispatched import Size
from rlm_pipeline.retrieval.filters import Filters


def chunks(tokens):
    return pl.DataFrame(
        {
            "chunk_id": [f"{place:016x}" for place in range(len(tokens))],
            "partition": ["all"] * len(tokens),
            "source": ["a.csv"] * len(tokens),
            "records": [1] * len(tokens),
            "n_tokens_estimate": tokens,
        },
        schema_overrides={"n_tokens_estimate": pl.Int64, "records": pl.Int64},
    )


WAYS = {"size": plan.by_size, "workers": plan.by_workers, "tokens": plan.by_tokens}


@given(st.lists(st.integers(1, 50), max_size=40), st.sampled_from(sorted(WAYS)), st.integers(1, 60))
def test_every_chunk_is_in_one_batch_in_its_order(tokens, way, number):
    batches = plan.numbered(WAYS[way](chunks(tokens), number))

    assert [each for batch in batches for each in batch.chunk_ids] == [f"{place:016x}" for place in range(len(tokens))]
    assert all(batch.chunk_count for batch in batches)
    assert sum(batch.tokens for batch in batches) == sum(tokens)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 60))
def test_as_many_batches_as_workers_of_nearly_one_size(tokens, workers):
    sizes = [batch.chunk_count for batch in plan.numbered(plan.by_workers(chunks(tokens), workers))]

    assert len(sizes) == min(workers, len(tokens))
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 60))
def test_a_batch_is_over_the_budget_only_where_one_chunk_is(tokens, budget):
    for batch in plan.numbered(plan.by_tokens(chunks(tokens), budget)):
        assert batch.tokens <= budget or batch.chunk_count == 1


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("number", [0, -3])
def test_a_size_that_is_not_positive_is_refused(way, number):
    with pytest.raises(QueryError, match="give at least 1"):
        list(WAYS[way](chunks([1, 2]), number))


def test_the_same_chunks_are_the_same_batch_whatever_is_beside_them():
    first, second = (plan.numbered(plan.by_size(chunks([1] * number), 2)) for number in (4, 6))

    assert [each.batch_id for each in second[:2]] == [each.batch_id for each in first]
    assert len({each.batch_id for each in second}) == 3


def test_all_chunks_of_a_scope_are_planned_and_no_other(mixed):
    found = dispatched.plan(mixed.store, mixed.config, Size(batch_size=3), scope=Filters(sources=("*.md",)))
    everything = dispatched.plan(mixed.store, mixed.config, Size(), scope=Filters())

    assert {source for batch in found.batches for source in batch.sources} == {"notes.md"}
    assert 0 < found.total_chunks < everything.total_chunks
    assert everything.total_chunks == pl.read_parquet(mixed.store.chunks_path("all")).height
