"""A model that proposes or answers nonsense, or fails on the way, publishes nothing and harms nothing."""

import random
from collections import Counter

import numpy as np
import pytest

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.document import Agreement
from rlm_pipeline.taxonomy.questions import asking, gate, kept, proposing
from rlm_pipeline.taxonomy.questions.asking import Answer, checked
from rlm_pipeline.taxonomy.questions.kept import Raw
from rlm_pipeline.taxonomy.questions.said import Proposal
from rlm_pipeline.taxonomy.review.words import essence
from tests.engine.taxonomy.questions import planted
from tests.engine.taxonomy.questions.conftest import Desk
from tests.engine.taxonomy.questions.planted import QUESTION
from tests.engine.taxonomy.review.planted import TOPICS, properties, topic_of
from tests.fakes.messages_api import MessagesApi

STATEMENT = "The valve of pump 7 was worn out, so it leaked."


def of_topic(text):
    topic = topic_of(text)
    return topic.lower(), next(word for word in TOPICS[topic] if word in text)


def at_random(text):
    """The same text gets the same cause, which has nothing to do with it."""
    return random.Random(text).choice(list(planted.CAUSES)), text.split()[1]


def invented(text):
    return planted.in_few_words(text)[0], "as the engineer told me"


def not_published(found):
    (discovered,) = found.discovered
    assert discovered.labeller is None
    assert discovered.dimension.gate == "no_stable_structure"
    assert discovered.dimension.categories == ()
    return discovered.dimension


def test_answers_that_have_nothing_to_do_with_the_text_are_not_published(text):
    found, _ = text.asked(planted.model(at_random))

    dimension = not_published(found)
    assert dimension.question.answered == 240
    assert dimension.question.kappa == 1.0
    assert dimension.question.told.share < 0.4
    assert dimension.gate_reason.startswith("its answers cannot be told from the text: a classifier agrees with ")


def test_answers_that_are_others_when_asked_again_are_not_published(text):
    chance = random.Random(5)

    found, _ = text.asked(planted.model(lambda said: (chance.choice(list(planted.CAUSES)), said.split()[1])))

    dimension = not_published(found)
    assert dimension.question.kappa < 0.3
    assert dimension.gate_reason.startswith("asked twice, statements get other answers (kappa ")


def test_answers_with_invented_quotes_count_as_not_stated(text):
    found, _ = text.asked(planted.model(invented))

    dimension = not_published(found)
    assert dimension.question.unverified == 240 - dimension.question.not_stated
    assert dimension.gate_reason == (
        "0 of 240 statements answer it in a few words that stand in them; 60 and 30% are asked for"
    )


def test_a_question_that_repeats_the_topic_under_another_name_is_not_published(text):
    again = QUESTION | {"name": "Kind of thing", "question": "What is it about?"}

    found, _ = text.asked(planted.model(of_topic, [again]))

    assert not_published(found).gate_reason.startswith(
        "it repeats “Letter” (mutual information 1.000; 0.50 is the most"
    )


def test_one_answer_for_all_is_not_published(text):
    found, _ = text.asked(planted.model(lambda said: ("it went wrong", said.split()[1])))

    assert "1 of 1 different answers are given 5 times, 100%" in not_published(found).gate_reason


def test_of_forty_proposals_as_many_are_asked_as_there_may_be(text):
    many = [QUESTION | {"name": f"Cause {letter}{other}", "question": f"Why {letter}{other}?"}
            for letter in "abcde" for other in "abcdefgh"]  # fmt: skip

    found, api = text.asked(planted.model(proposals=many))

    assert [each.dimension.question.name for each in found.discovered] == ["Cause aa", "Cause ab"]
    assert found.told.startswith("38 questions of a model are not asked: “Cause ac”: enough were proposed before it")
    assert found.told.endswith("; and 26 more")
    assert len(found.told) < 1500
    first, second = (each.dimension for each in found.discovered)
    assert first.gate == "passed"
    assert second.gate_reason.startswith("it repeats “Letter: Cause aa” (mutual information 1.00")
    asked = Counter(name for body in api.bodies() for name in properties(body))
    assert asked["answers"] == 2 * 14


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": " "}, "it has no name in words"),
        ({"name": "1"}, "it has no name in words"),
        ({"name": "why it all happened then"}, "its name has more than 40 letters or 4 words"),
        ({"name": "x" * 41}, "its name has more than 40 letters or 4 words"),
        ({"name": "Top 5 causes"}, "its name states a number"),
        ({"name": "the letter's REGION"}, ""),
        ({"name": "Region"}, "a dimension has this name"),
        ({"name": "region."}, "a dimension has this name"),
        ({"question": "?"}, "it asks nothing in words"),
        ({"question": "why " * 51}, "it is longer than 200 letters"),
        ({"question": "Where is it?"}, "it is asked already"),
        ({"why": ""}, "what it adds is not said in up to 300 letters"),
        ({"why": "because " * 50}, "what it adds is not said in up to 300 letters"),
        ({}, ""),
    ],
)
def test_what_cannot_be_asked_is_refused(change, reason):
    proposal = Proposal(**(QUESTION | change))

    assert proposing.problem(proposal, {essence("Region")}, {essence("Where is it?")}) == reason


def test_a_proposal_with_the_name_of_a_dimension_or_column_is_not_asked(text):
    found, api = text.asked(planted.model(proposals=[QUESTION | {"name": "letter"}, QUESTION | {"name": "Region"}]))

    assert found.discovered == ()
    assert found.told == (
        "2 questions of a model are not asked: “letter”: a dimension has this name; “Region”: a dimension has this name"
    )
    assert len(api.bodies()) == 1


@pytest.mark.parametrize("nonsense", ["The sea is wide.", {"questions": [{"name": "Only"}]}, {"questions": "all"}])
def test_proposals_that_are_none_are_told(text, nonsense):
    found, _ = text.asked(lambda params: nonsense)

    assert found.discovered == ()
    assert found.told.startswith("no questions were proposed: the answer is not usable, also when asked again")


def test_answers_that_are_no_answers_publish_nothing(text):
    found, api = text.asked(
        lambda params: {"questions": [QUESTION]} if "questions" in properties(params) else "The sea is wide."
    )
    dimension = not_published(found)
    assert "answers about 20 statements are lost: the answer is not usable" in dimension.gate_reason
    calls = api.account.calls.total()

    again, _ = text.asked(None, api=api, past=[dimension])

    assert again.discovered == found.discovered
    assert api.account.calls.total() == calls


def test_one_lost_batch_costs_only_its_statements(text):
    broken = []

    def answer(params):
        if "answers" in properties(params) and (not broken or broken[0] in params["messages"][0]["content"]):
            broken[:] = broken or [params["messages"][0]["content"]]
            return {"answers": "none"}
        return planted.model()(params)

    found, api = text.asked(answer)

    dimension = found.discovered[0].dimension
    assert dimension.gate == "passed"
    assert dimension.question.asked == 220
    assert "answers about 20 statements are lost" in dimension.definition
    calls = api.account.calls.total()
    again, _ = text.asked(None, api=api, past=[dimension])
    assert again.discovered[0].dimension == dimension
    assert api.account.calls.total() == calls


def test_statements_that_an_answer_leaves_out_or_says_twice_are_not_asked_about_again(text):
    def answer(params):
        said = planted.model()(params)
        if "answers" in said:
            rest = said["answers"][1:]
            doubled = rest[0] | {"answer": "something else"}
            return {"answers": [*rest, doubled, {"statement": 977, "answer": "bad weather", "quote": "rain"}]}
        return said

    found, api = text.asked(answer)

    dimension = found.discovered[0].dimension
    assert dimension.gate == "passed"
    assert dimension.question.unusable == 2 * 12
    calls = api.account.calls.total()
    text.asked(None, api=api, past=[dimension])
    assert api.account.calls.total() == calls


def test_when_the_budget_ends_on_the_way_what_was_paid_is_used_by_the_next_run(text):
    cheap = Analysis(mode="model", synthesizer="claude-haiku-5-5", concurrency=1, budget_usd=20)
    enough = planted.MODEL.model_copy(update={"analysis": cheap})
    little = planted.MODEL.model_copy(update={"analysis": cheap.model_copy(update={"budget_usd": 0.0025})})

    first, api = text.asked(planted.model(), config=little)

    (discovered,) = first.discovered
    assert 0 < discovered.dimension.question.asked < 240
    assert "budget" in f"{discovered.dimension.gate_reason} {discovered.dimension.definition}"
    paid = [body for body in api.bodies() if "answers" in properties(body)]
    second, _ = text.asked(None, api=api, past=[discovered.dimension], config=enough)
    assert second.discovered[0].dimension.gate == "passed"
    assert second.discovered[0].dimension.question.asked == 240
    bodies = [body["messages"][0]["content"] for body in api.bodies() if "answers" in properties(body)]
    assert len(bodies) == len(set(bodies)) == 14 > len(paid)


def test_when_nothing_can_be_paid_nothing_is_proposed(text):
    poor = planted.MODEL.model_copy(update={"analysis": Analysis(mode="model", budget_usd=0.000001)})

    found, api = text.asked(planted.model(), config=poor)

    assert found.discovered == ()
    assert "no questions were proposed: " in found.told
    assert "budget" in found.told
    assert not api.bodies()


def test_a_server_that_fails_on_the_way_is_not_asked_on_and_on(text):
    def answer(params):
        if "answers" in properties(params):
            api.faults.extend(["no_payment"] * 30)
        return planted.model(proposals=[QUESTION, QUESTION | {"name": "Reason", "question": "What made it fail?"}])(
            params
        )

    api = MessagesApi(answer=answer)

    found, _ = text.asked(None, api=api, config=planted.MODEL)

    assert [each.dimension.gate for each in found.discovered] == ["no_stable_structure"] * 2
    assert all("credit balance" in each.dimension.gate_reason for each in found.discovered)
    assert api.account.calls["no_payment"] <= planted.MODEL.analysis.concurrency


def test_nonsense_leaves_all_other_dimensions_as_they_are_offline(offline, tmp_path, texts):
    _, without = offline

    def answer(params):
        return planted.model(at_random)(params) if properties(params).keys() & {"questions", "answers"} else "Indeed."

    found, _ = Desk(DatasetStore(tmp_path / "letters")).discovered([text for text, _, _ in texts], answer=answer)

    others = tuple(
        each.model_copy(update={"review": None, "model_labels": None})
        for each in found.dimensions
        if each.question is None
    )
    assert others == without.dimensions
    assert [each.gate for each in found.dimensions if each.question is not None] == ["no_stable_structure"]


def test_where_another_model_cannot_be_paid_the_answers_of_the_former_one_stand(text):
    found, _ = text.asked(planted.model())
    published = found.discovered[0].dimension
    other = Analysis(mode="model", budget_usd=0.000001, analyst="claude-haiku-4-5")
    poor = planted.MODEL.model_copy(update={"analysis": other})

    again, api = text.asked(planted.model(), past=[published], config=poor)

    dimension = again.discovered[0].dimension
    assert not api.bodies()
    assert dimension.categories == published.categories
    assert dimension.question.answered_by == planted.MODEL.analysis.analyst
    assert "budget" in dimension.definition


def test_stored_answers_that_are_damaged_are_asked_for_again(text):
    found, api = text.asked(planted.model())
    calls = api.account.calls.total()
    kept.path_of(text.store).write_bytes(b"PAR1")

    again, _ = text.asked(None, api=api, past=[found.discovered[0].dimension])

    assert again.discovered[0].dimension == found.discovered[0].dimension
    assert api.account.calls.total() == calls + 1  # for other questions; the ledger has the answers


def test_where_hardly_a_statement_was_asked_about_before_other_questions_may_be_proposed(text):
    found, api = text.asked(planted.model())
    published = found.discovered[0].dimension
    kept.path_of(text.store).unlink()
    more = planted.model(proposals=[QUESTION, QUESTION | {"name": "Blame", "question": "Whose fault is it?"}])

    again, _ = text.asked(more, past=[published])

    assert [each.dimension.question.name for each in again.discovered] == ["Root cause", "Blame"]
    assert again.discovered[0].dimension.id == published.id
    assert "“Root cause”: a dimension has this name" in again.told
    assert api.bodies()


def test_stored_answers_are_those_of_the_same_words_and_model(text):
    text.asked(planted.model())
    (identity,) = kept._stored(text.store)["dimension_id"].unique().to_list()

    assert len(kept.read(text.store, identity, None)) == 240 + asking.ASKED_AGAIN
    assert kept.read(text.store, identity, "of another") == {}
    kept.add(text.store, identity, "of another", {("key", 1): Raw(answer="new", quote="")})
    assert kept.read(text.store, identity, "of another") == {("key", 1): Raw(answer="new", quote="")}


@pytest.mark.parametrize(
    ("answer", "quote", "found"),
    [
        ("worn valve", "valve of pump 7 was worn", Answer(text="worn valve", quote="valve of pump 7 was worn")),
        ("worn valve.", "VALVE  of pump", Answer(text="worn valve", quote="valve of pump")),
        ("“worn valve”", "worn out", Answer(text="worn valve", quote="worn out")),
        ("worn valve", "the valve was fine", "unverified"),
        ("worn valve", "", "unverified"),
        ("worn valve", "it", "unverified"),
        ("Not stated", "", "not_stated"),
        ("not stated.", "valve", "not_stated"),
        ("n/a", "valve", "not_stated"),
        ("", "valve", "not_stated"),
        ("—", "valve", "not_stated"),
        ("because the valve of the seventh pump was worn out", "valve", "unusable"),
        ("w" * 61, "valve", "unusable"),
        (None, "", "unusable"),
    ],
)
def test_an_answer_counts_with_words_of_its_statement(answer, quote, found):
    assert checked(Raw(answer=answer, quote=quote), STATEMENT) == found


def test_a_classifier_has_to_beat_the_most_frequent_answer_clearly():
    def told(share, most_frequent, statements=300):
        agreement = Agreement(statements=statements, share=share, interval=(0, 1))
        return gate.untold(
            gate.Told(
                agreement=agreement,
                most_frequent=most_frequent,
                decided=None,
                held_out=statements,
                found=np.ones(2, dtype=np.bool_),
            )
        )

    assert not told(0.95, 0.9)
    assert not told(0.5, 0.3)
    assert told(0.38, 0.3)
    assert told(0.9, 0.9)
    assert told(0.5, 0.3, statements=40)
    assert told(0.2, 0.25)


def test_agreement_of_answers_given_twice_is_in_excess_of_chance():
    assert gate.kappa_of([0, 1] * 15, [0, 1] * 15) == 1.0
    assert gate.kappa_of([0, 1] * 15, [1, 0] * 15) == -1.0
    assert gate.kappa_of([0, 0, 1, 1] * 10, [0, 1, 0, 1] * 10) == 0.0
    assert gate.kappa_of([0, 1] * 5, [0, 1] * 5) is None
    assert gate.kappa_of([0] * 40, [0] * 40) is None
