"""A model's review from statements to the stored dimensions: asked once, kept over reruns."""

import pytest

from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.review import forecast, reviewing
from tests.engine.taxonomy.review import planted
from tests.engine.taxonomy.review.planted import TOPICS, properties, truthful


@pytest.fixture(scope="module")
def texts():
    return planted.statements(420, seed=2)[0]


def answer(params):
    """From the truth, of categories and of single statements."""
    return planted.of_statements(params, lambda text: "C1") if "labels" in properties(params) else truthful(params)


def of_the_model(dimension):
    return {each.id: (each.name, each.definition) for each in dimension.categories if each.named_by == "model"}


def test_a_rerun_costs_nothing_and_gives_the_same_bytes(texts, discover):
    store, first, api = discover(texts, answer)
    before, calls = store.dimensions_path.read_bytes(), api.account.calls.total()

    _, second, _ = discover(texts, api=api)

    assert store.dimensions_path.read_bytes() == before
    assert api.account.calls.total() == calls
    assert second.review == first.review
    assert {name for name, _ in of_the_model(first).values()} & TOPICS.keys()


def test_names_of_a_model_stay_with_categories_that_go_on_whatever_it_says_later(texts, discover):
    _, first, _ = discover(texts, answer)

    def otherwise(params):
        said = answer(params)
        for each in (*said.get("names", ()), *said.get("groups", ())):
            each["name"] = f"All of {each['name'].lower()}"
        return said

    _, second, _ = discover([*texts, *planted.statements(15, seed=9)[0]], otherwise)

    before, after = of_the_model(first), of_the_model(second)
    went_on = [each.id for each in second.categories if each.lineage.state == "continued" and each.id in before]
    assert len(went_on) >= 6
    assert {identity: after[identity] for identity in went_on} == {identity: before[identity] for identity in went_on}


def test_offline_keeps_the_names_that_a_model_gave_and_asks_nobody(texts, discover):
    _, first, api = discover(texts, answer)
    calls = api.account.calls.total()

    _, second, _ = discover(texts, api=api, config=planted.OFFLINE)

    assert api.account.calls.total() == calls
    assert second.review is None
    assert second.model_labels is None
    kept = of_the_model(first).items() & of_the_model(second).items()
    assert len([name for _, (name, _) in kept if name in TOPICS]) >= 10


def test_nonsense_stores_what_offline_stores(texts, discover):
    _, offline, _ = discover(texts, config=planted.OFFLINE, name="offline")

    _, found, _ = discover(texts, lambda params: "The sea is wide.", name="nonsense")

    assert found.model_copy(update={"review": None, "model_labels": None}) == offline
    assert found.review.not_made
    assert not found.model_labels.used


def test_a_review_costs_no_more_than_is_forecast(texts, discover):
    store, _, api = discover(texts, answer)

    siblings, above, of_statements = forecast.forecast(store, planted.MODEL, 1)

    named = [body for body in api.bodies() if "merges" in properties(body)]
    assert siblings.calls == len(named) == 1
    assert above.calls == 1
    assert 0 < float(api.account.spent) <= siblings.usd + above.usd + of_statements.usd
    assert of_statements.calls > len(api.bodies()) - 2


def test_before_anything_is_found_a_review_is_forecast_by_the_columns(tmp_path):
    siblings, _, _ = forecast.forecast(DatasetStore(tmp_path / "letters"), planted.MODEL, 1)

    assert siblings.calls == forecast.ASSUMED_CATEGORIES // reviewing.MOST_TOGETHER
