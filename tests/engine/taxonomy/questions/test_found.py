"""A question that a model proposes and answers truthfully is a dimension like any other."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from rlm_pipeline.model import OTHER
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.taxonomy import labeller, labels
from rlm_pipeline.taxonomy.labeller import key_of
from rlm_pipeline.taxonomy.questions import asking, kept
from rlm_pipeline.taxonomy.questions.discovery import Outcome
from rlm_pipeline.taxonomy.questions.proposing import spread
from rlm_pipeline.taxonomy.review import forecast
from tests.engine.taxonomy.questions import planted
from tests.engine.taxonomy.review.planted import outside_fences, properties, statements_in
from tests.fakes.messages_api import MessagesApi

CAUSE_OF = {name[0].upper() + name[1:]: name for name in planted.CAUSES}


def of_questions(found):
    return [each for each in found.dimensions if each.question is not None]


def cause_of(dimension):
    """The cause that each category's records mostly have words of, by its id."""
    return {
        category.id: Counter(
            planted.CAUSE_OF[word] for quote in category.exemplars for word in quote.quote.split()
        ).most_common(1)[0][0]
        for category in dimension.categories
    }


def statements_asked(api, calls=0):
    bodies = [body for body in api.bodies()[calls:] if "answers" in properties(body)]
    return Counter(text for body in bodies for _, text in statements_in(body))


def test_a_question_that_is_answered_truthfully_is_a_dimension_that_says_who_proposed_it(asked_once):
    _, found, _ = asked_once

    (dimension,) = of_questions(found)

    asked = dimension.question
    assert dimension.gate == "passed"
    assert dimension.name == "Letter: Root cause"
    assert dimension.facet == "letter"
    assert {each.name for each in dimension.categories} == CAUSE_OF.keys()
    assert asked.proposed_by == planted.MODEL.analysis.synthesizer
    assert asked.answered_by == planted.MODEL.analysis.analyst
    assert planted.QUESTION["question"] in dimension.definition
    assert asked.asked == asked.answered + asked.not_stated == 240
    assert asked.asked_twice == asking.ASKED_AGAIN
    assert asked.kappa == 1.0
    assert asked.told.share >= 0.9
    assert asked.most_frequent < 0.3
    assert asked.decided.statements <= asked.held_out == 240
    assert asked.decided.share >= 0.9
    assert all(each.status == "established" for each in dimension.categories)


def test_every_record_is_labelled_with_its_cause_or_with_none(asked_once, desk, texts):
    _, found, _ = asked_once
    (dimension,) = of_questions(found)
    labels.materialise(desk.store, planted.OFFLINE, "FY2020")
    own = pl.read_parquet(desk.store.labels_path("FY2020")).filter(pl.col("dimension_id") == dimension.id).sort("row")
    asked = labeller.read(desk.store.classifiers_folder / f"{dimension.id}.npz", open_encoder("static")).category_of

    by_id = cause_of(dimension) | {OTHER: None}
    right = {True: [], False: []}
    for category, (text, _, cause) in zip(own["category_id"], texts, strict=True):
        right[key_of(text.lower()) in asked].append(by_id[category] == cause)
    assert len(right[True]) == 240
    assert all(right[True])
    assert sum(right[False]) / len(right[False]) >= 0.9
    assert set(own["runner_up"].drop_nulls()) <= set(by_id) - {OTHER}


def test_categories_are_cited_by_the_words_that_answers_rest_on(asked_once):
    desk, found, _ = asked_once
    (dimension,) = of_questions(found)
    cells = dict(desk.store.scan_records("FY2020").select("_row", "letter").collect().iter_rows())

    for category in dimension.categories:
        assert len(category.exemplars) == 3
        for cited in category.exemplars:
            assert cited.verified
            assert cited.quote in cells[cited.row]
            assert planted.cause_in(cells[cited.row])[1] == category.name.lower()


def test_a_rerun_costs_nothing_and_gives_the_same_bytes(desk, texts):
    before = desk.store.dimensions_path.read_bytes()
    written = [text for text, _, _ in texts]
    api = MessagesApi(answer=planted.model())

    desk.discovered(written, api=api)
    assert desk.store.dimensions_path.read_bytes() == before
    assert not api.bodies()


def test_offline_keeps_what_was_found_and_asks_nobody(text):
    found, api = text.asked(planted.model())
    calls = api.account.calls.total()

    again, _ = text.asked(None, api=api, past=[found.discovered[0].dimension], offline=True)

    assert again.discovered[0].dimension == found.discovered[0].dimension
    assert api.account.calls.total() == calls


def test_offline_without_stored_questions_there_are_none(text):
    found, api = text.asked(planted.model(), offline=True)

    assert found == Outcome(discovered=(), told="")
    assert not api.bodies()
    assert not kept.path_of(text.store).exists()


def test_new_records_are_asked_about_alone_and_ids_stay(asked_once, desk, texts):
    _, first, api = asked_once
    (before,) = of_questions(first)
    known = statements_asked(api).keys()
    more = [text for text, _, _ in planted.statements(25, seed=77)]
    otherwise = planted.model(proposals=[planted.QUESTION | {"name": "Cause of it", "question": "What caused it?"}])

    found, later = desk.discovered([*(text for text, _, _ in texts), *more], answer=otherwise)

    (after,) = of_questions(found)
    assert after.id == before.id
    assert after.name == before.name
    assert {each.id: each.name for each in after.categories} == {each.id: each.name for each in before.categories}
    asked = statements_asked(later)
    assert 0 < len(asked.keys() - known) <= len(more)
    assert not any("questions" in properties(body) for body in later.bodies())
    again = {text for text in asked if text in known}
    assert len(again) <= 10  # those that are asked twice now, and were not before


def test_answers_that_are_hardly_ever_the_same_are_clustered(text):
    found, _ = text.asked(planted.model(planted.in_its_own_words))

    dimension = found.discovered[0].dimension
    assert dimension.gate == "passed"
    assert dimension.stability >= 0.9
    assert sorted(cause_of(dimension).values()) == sorted(planted.CAUSES)
    for category in dimension.categories:
        assert {planted.CAUSE_OF[word] for word in category.keywords} == {cause_of(dimension)[category.id]}
        assert category.stability >= 0.6
    assert dimension.question.told.share >= 0.9


def test_statements_and_questions_are_fenced(asked_once):
    _, _, api = asked_once

    for body in api.bodies():
        if properties(body).keys() & {"questions", "answers"}:
            bare = outside_fences(body["messages"][0]["content"])
            system = "".join(part["text"] for part in body["system"])
            assert "came to nothing" not in bare
            assert planted.QUESTION["question"] not in outside_fences(system)


def test_the_sample_that_questions_are_proposed_from_has_every_topic(asked_once):
    _, found, api = asked_once
    (body,) = [body for body in api.bodies() if "questions" in properties(body)]

    told = body["messages"][0]["content"]
    leaves = [each.name for each in found.dimensions[0].categories]
    assert all(name in told for name in leaves)
    shown = [line for line in told.splitlines() if line.startswith("- ")]
    of_topics = Counter(max(planted.FEW, key=lambda topic: planted.words_of(topic, line)) for line in shown)
    assert of_topics.keys() == set(planted.FEW)
    assert max(of_topics.values()) - min(of_topics.values()) <= 1


def test_questions_cost_no_more_than_is_forecast(asked_once):
    desk, _, api = asked_once

    proposals, answers = forecast.forecast(desk.store, planted.MODEL, 1)[-2:]

    def cost(name):
        return sum(name in properties(body) for body in api.bodies())

    assert (proposals.purpose, answers.purpose) == ("taxonomy_questions", "taxonomy_answers")
    assert cost("questions") == proposals.calls == 1
    assert cost("answers") <= answers.calls == 2 * (12 + 2)
    of_all = forecast.forecast(desk.store, planted.MODEL, 1)
    assert 0 < float(api.account.spent) <= sum(each.usd for each in of_all)


def test_without_questions_nothing_is_asked_or_forecast(text):
    none = planted.MODEL.model_copy(update={"discovery": planted.MODEL.discovery.model_copy(update={"questions": 0})})

    found, api = text.asked(planted.model(), config=none)

    assert found.discovered == ()
    assert not api.bodies()
    assert len(forecast.forecast(text.store, none, 1)) == 3


@pytest.mark.parametrize("known", [None, [0, 0, 0, 1, 1, 2]])
def test_a_sample_is_spread_over_categories(known):
    labels = None if known is None else np.array(known, dtype=np.int32)

    assert spread(labels, 6) == ([0, 1, 2, 3, 4, 5] if known is None else [0, 3, 5, 1, 4, 2])
