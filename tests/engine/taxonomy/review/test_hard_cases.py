"""Statements that the classifier leaves open are labelled by a model that proved to do so no worse."""

from collections import Counter

import polars as pl
import pytest

from rlm_pipeline.llm.ledger import FILE, Ledger
from rlm_pipeline.taxonomy import labeller, labels
from rlm_pipeline.taxonomy.labeller import key_of
from rlm_pipeline.taxonomy.review import measuring
from tests.engine.taxonomy.review import planted
from tests.engine.taxonomy.review.planted import properties
from tests.fakes.messages_api import MessagesApi


@pytest.fixture(scope="module")
def texts():
    return [*planted.statements(500, seed=3)[0], *planted.vague(240, seed=4)]


@pytest.fixture
def knows(texts, discover):
    """A model that says of statements what discovery found, and of others what their topic is found as."""
    store, dimension, _ = discover(texts, config=planted.OFFLINE, name="offline")
    found = labeller.read_members(store.classifiers_folder / f"{dimension.id}.npz")
    position = dict(zip(found.known, found.known_categories.tolist(), strict=True))
    of_topic = {}
    for text in texts:
        if key_of(text) in position:
            of_topic.setdefault(planted.topic_of(text), Counter())[position[key_of(text)]] += 1

    def category_of(text):
        most = of_topic[planted.topic_of(text)].most_common(1)[0][0]
        return f"C{position.get(key_of(text), most) + 1}"

    def answer(params):
        if "labels" not in properties(params):
            return planted.says_nothing(params)
        return planted.of_statements(params, category_of)

    return answer


def guesses(params):
    """The first category, whatever a statement says."""
    if "labels" not in properties(params):
        return planted.says_nothing(params)
    return planted.of_statements(params, lambda text: "C1")


def labelled(store, config, api, partition="FY2020"):
    with Ledger(store.folder.parent / FILE) as ledger:
        summary = labels.materialise(store, config, partition, ledger=ledger, transport=api.transport())
    return summary, pl.read_parquet(store.labels_path(partition))


def leaves_of(dimension):
    above = {each.parent for each in dimension.categories}
    return [each for each in dimension.categories if each.id not in above]


def test_what_the_classifier_leaves_open_gets_the_models_label_and_is_counted(texts, discover, knows):
    store, dimension, api = discover(texts, knows)
    summary, found = labelled(store, planted.MODEL, api)
    read = pl.read_parquet(store.read_labels_path("FY2020"))

    measured = dimension.model_labels
    assert measured.used
    assert measured.agreement.share >= measured.classifier.share
    assert measured.agreement.interval[0] < measured.agreement.share <= measured.agreement.interval[1]
    assert measured.agreement.statements >= measuring.FEWEST
    assert summary.by_model == read.height > 0
    by_text = dict(zip(texts, found.sort("row").iter_rows(named=True), strict=True))
    for body in api.bodies()[-1:]:
        ids = {f"C{number}": each.id for number, each in enumerate(leaves_of(dimension), start=1)}
        for label in knows(body)["labels"]:
            (text,) = [text for number, text in planted.statements_in(body) if number == label["statement"]]
            record = by_text[text]
            assert record["category_id"] == ids[label["category"]]


def test_labels_again_ask_nothing(texts, discover, knows):
    store, _, api = discover(texts, knows)
    _, first = labelled(store, planted.MODEL, api)
    calls = api.account.calls.total()

    _, second = labelled(store, planted.MODEL, api)

    assert second.equals(first)
    assert api.account.calls.total() == calls


def test_a_model_that_agrees_less_than_the_classifier_labels_nothing(texts, discover):
    store, dimension, api = discover(texts, guesses)
    summary, found = labelled(store, planted.MODEL, api)
    calls = api.account.calls.total()

    assert not dimension.model_labels.used
    assert dimension.model_labels.agreement.share < dimension.model_labels.classifier.share
    assert "less often" in dimension.model_labels.reason
    assert summary.by_model == 0
    _, without = labelled(store, planted.OFFLINE, MessagesApi())
    assert found.equals(without)
    assert not store.read_labels_path("FY2020").exists()
    assert api.account.calls.total() == calls


def test_answers_that_are_none_are_not_counted(texts, discover):
    def sloppy(params):
        if "labels" not in properties(params):
            return planted.says_nothing(params)
        wrong = planted.of_statements(params, lambda text: "C99")["labels"]
        return {"labels": [*wrong, {"statement": 977, "category": "C1"}]}

    _, dimension, _ = discover(texts, sloppy)

    assert not dimension.model_labels.used
    assert dimension.model_labels.reason.startswith("its labels of 0 known statements")
