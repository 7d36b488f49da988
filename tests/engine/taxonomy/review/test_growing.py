"""A model's review of categories: kept where the data bears it out, and nothing lost whatever the model says."""

import numpy as np
import pytest

from rlm_pipeline.configuration import Analysis
from rlm_pipeline.taxonomy.review import merging, naming_checked, regrouping, words
from tests.engine.taxonomy.review import planted
from tests.engine.taxonomy.review.planted import FIELDS, TOPICS, categories_in, groups_in, properties, truthful
from tests.fakes.messages_api import MessagesApi


def leaves(grown):
    return grown.categories[-grown.cut.categories :]


def parents(grown):
    return grown.categories[: -grown.cut.categories]


def told_apart(grown):
    """Mean distinctiveness over statements."""
    scores = [leaf.distinctiveness for leaf in leaves(grown)]
    return np.average(scores, weights=np.bincount(grown.cut.labels)).round(4)


def reasons(grown):
    return {refused.reason for refused in grown.review.refused}


def is_as_offline(grown, offline):
    return grown.categories == offline.categories and (grown.cut.labels == offline.cut.labels).all()


def of_siblings(params, **said):
    """An answer that says this about categories shown together, and nothing about the upper level."""
    if "groups" in properties(params):
        return {"names": [], "groups": []}
    return {"names": [], "merges": [], "criticism": [], **said}


def of_upper_level(params, **said):
    if "groups" not in properties(params):
        return {"names": [], "merges": [], "criticism": []}
    return {"names": [], "groups": [], **said}


def named(identity, name, definition="What it is, in words."):
    return {"id": identity, "name": name, "definition": definition}


def test_names_definitions_groups_and_criticism_of_a_model_that_knows_are_taken(desk, tmp_path):
    grown = desk.reviewed(tmp_path, truthful)

    assert sum(leaf.name in TOPICS and leaf.named_by == "model" for leaf in leaves(grown)) >= 10
    assert {parent.name for parent in parents(grown)} >= set(list(FIELDS)[:1])
    assert len(parents(grown)) == len(FIELDS)
    by_id = {parent.id: parent.name for parent in parents(grown)}
    under = {planted.topic_of(" ".join(leaf.keywords)): by_id[leaf.parent] for leaf in leaves(grown)}
    for topics in FIELDS.values():
        assert len({under[topic] for topic in topics}) == 1
    assert told_apart(grown) >= told_apart(desk.offline()) - 0.01
    (criticism,) = grown.review.criticism
    assert criticism.category == leaves(grown)[0].id


def test_halves_of_one_category_are_merged_and_everything_is_kept(desk, tmp_path):
    halved = desk.split(3)

    grown = desk.reviewed(tmp_path, truthful, clustered=halved)

    assert halved.cut.categories == desk.clustered.cut.categories + 1
    assert grown.cut.categories == desk.clustered.cut.categories
    assert any(change.startswith("merge ") for change in grown.review.accepted)
    merged = (halved.cut.labels == 3) | (halved.cut.labels == halved.cut.labels.max())
    assert len(set(grown.cut.labels[merged])) == 1
    assert not set(grown.cut.labels[merged]) & set(grown.cut.labels[~merged])
    assert min(leaf.stability for leaf in leaves(grown)) > 0.6


@pytest.mark.parametrize("together", [2, 3, 6, 11])
def test_different_things_are_not_merged_however_many_are_proposed(desk, tmp_path, together):
    def merges(params):
        ids = list(categories_in(params))
        groups = [ids[start : start + together] for start in range(0, len(ids), together)]
        proposed = [
            {"ids": group, "name": f"Everything {'abcdef'[number]}", "definition": "All of it."}
            for number, group in enumerate(groups)
        ]
        return of_siblings(params, merges=proposed)

    grown = desk.reviewed(tmp_path, merges)

    assert is_as_offline(grown, desk.offline())
    assert len(grown.review.refused) == -(-12 // together)


def test_merging_all_into_one_leaves_all_as_they_are(desk, tmp_path):
    def merge_all(params):
        everything = {"ids": list(categories_in(params)), "name": "Everything", "definition": "All of it."}
        return of_siblings(params, merges=[everything])

    grown = desk.reviewed(tmp_path, merge_all)

    assert is_as_offline(grown, desk.offline())
    assert reasons(grown) == {merging.NOTHING_LEFT}


def test_what_a_model_does_not_mention_stays(desk, tmp_path):
    grown = desk.reviewed(tmp_path, of_siblings)

    assert is_as_offline(grown, desk.offline())
    assert grown.review.refused == grown.review.accepted == ()


WRONG_MERGES = {
    merging.UNKNOWN: ["C1", "C99"],
    merging.TWICE: ["C1", "C1"],
    merging.TOO_FEW: ["C1"],
}


@pytest.mark.parametrize(("reason", "ids"), WRONG_MERGES.items())
def test_a_merge_of_what_is_not_there_is_refused(desk, tmp_path, reason, ids):
    grown = desk.reviewed(
        tmp_path,
        lambda params: of_siblings(params, merges=[{"ids": ids, "name": "Some things", "definition": "Some of it."}]),
    )

    assert is_as_offline(grown, desk.offline())
    assert reasons(grown) == {reason}


WRONG_NAMES = {
    words.EMPTY: named("C1", " “ ” "),
    words.NO_WORDS: named("C1", "?!"),
    words.TOO_LONG: named("C1", "a name " * 40),
    words.NO_DEFINITION: named("C1", "Some things", "-"),
    words.TOO_LONG_A_DEFINITION: named("C1", "Some things", "It is so long. " * 80),
    words.FIGURE: named("C1", "Some things", "There are 977 of them."),
    words.AN_ID: named("C1", "Some things", "Unlike C2 it is this."),
    naming_checked.UNKNOWN: named("C99", "Some things"),
}


@pytest.mark.parametrize(("reason", "said"), WRONG_NAMES.items())
def test_a_name_that_is_none_is_refused(desk, tmp_path, reason, said):
    grown = desk.reviewed(tmp_path, lambda params: of_siblings(params, names=[said]))

    assert is_as_offline(grown, desk.offline())
    assert reasons(grown) == {reason}


def test_a_name_for_two_categories_is_given_to_neither(desk, tmp_path):
    said = [named("C1", "Things at home"), named("C2", "at home: THINGS")]

    grown = desk.reviewed(tmp_path, lambda params: of_siblings(params, names=said))

    assert is_as_offline(grown, desk.offline())
    assert reasons(grown) == {naming_checked.SAID_OF_TWO}


def test_names_that_fit_another_category_better_are_refused(desk, tmp_path):
    def exchanged(params):
        ids = list(categories_in(params))
        topics = [planted.topic_of(typical) for typical in categories_in(params).values()]
        return of_siblings(
            params,
            names=[
                named(identity, " and ".join(TOPICS[topic][:4]))
                for identity, topic in zip(ids, topics[1:] + topics[:1], strict=True)
            ],
        )

    grown = desk.reviewed(tmp_path, exchanged)

    assert is_as_offline(grown, desk.offline())
    assert len(grown.review.refused) == 12
    assert reasons(grown) <= {words.FITS_OTHER, words.LESS_DISTINCTIVE, words.COSTLY}


def test_one_wrong_name_does_not_take_the_others_with_it(desk, tmp_path):
    def mixed(params):
        if "groups" in properties(params):
            return of_siblings(params)
        answer = truthful(params)
        answer["names"][0]["name"] = ""
        return answer

    grown = desk.reviewed(tmp_path, mixed)

    assert sum(leaf.named_by == "model" for leaf in leaves(grown)) >= 10
    assert words.EMPTY in reasons(grown)


def everything_in(params):
    return [identity for names in groups_in(params).values() for identity in names]


WRONG_GROUPS = {
    regrouping.ORPHANS: lambda ids: [ids[:3], ids[3:6]],
    regrouping.TWICE: lambda ids: [ids[:4], ids[3:]],
    regrouping.UNKNOWN: lambda ids: [[*ids[:6], "C99"], ids[6:]],
    regrouping.SMALL: lambda ids: [ids],
    regrouping.NUMBER: lambda ids: [ids[start : start + 2] for start in range(0, 12, 2)],
    regrouping.UNSTABLE: lambda ids: [sorted(ids)[start::4] for start in range(4)],
}


@pytest.mark.parametrize(("reason", "groups"), WRONG_GROUPS.items())
def test_groups_that_lose_or_mix_categories_are_refused(desk, tmp_path, reason, groups):
    def regroup(params):
        if "groups" not in properties(params):
            return of_upper_level(params)
        proposed = [
            {"name": f"Group {letter}", "definition": "Some of it.", "categories": ids}
            for letter, ids in zip("abcdef", groups(everything_in(params)), strict=False)
        ]
        return of_upper_level(params, groups=proposed)

    grown = desk.reviewed(tmp_path, regroup)

    assert is_as_offline(grown, desk.offline())
    assert reasons(grown) == {reason}


@pytest.mark.parametrize(
    "answer", [lambda params: "The sea is wide.", lambda params: {"deleted": ["C1", "C2"]}, lambda params: "[]"]
)
def test_nonsense_leaves_all_as_code_left_it_and_says_so(desk, tmp_path, answer):
    grown = desk.reviewed(tmp_path, answer)

    assert is_as_offline(grown, desk.offline())
    assert "not usable" in grown.review.not_made


def test_without_budget_all_stays_and_nothing_is_asked(desk, tmp_path):
    api = MessagesApi(answer=truthful)
    poor = planted.MODEL.model_copy(update={"analysis": Analysis(mode="model", budget_usd=0.000001)})

    grown = desk.reviewed(tmp_path, None, config=poor, api=api)

    assert is_as_offline(grown, desk.offline())
    assert "budget" in grown.review.not_made
    assert api.account.calls.total() == 0


def test_a_budget_that_ends_on_the_way_leaves_all_as_it_was_until_there_is_more(desk, tmp_path):
    def verbose(params):
        answer = truthful(params)
        return (
            answer | {"criticism": [{"id": "C1", "problem": "It is vague. " * 700}]}
            if "criticism" in answer
            else answer
        )

    api, of_whole = MessagesApi(answer=verbose), MessagesApi(answer=verbose)
    whole = desk.reviewed(tmp_path / "whole", None, api=of_whole)
    enough_for_one = planted.MODEL.model_copy(update={"analysis": Analysis(mode="model", budget_usd=0.065)})

    short = desk.reviewed(tmp_path, None, config=enough_for_one, api=api)
    assert api.account.calls.total() == 1
    later = desk.reviewed(tmp_path, None, api=api)

    assert is_as_offline(short, desk.offline())
    assert "budget" in short.review.not_made
    assert later.categories == whole.categories
    assert api.account.calls.total() == of_whole.account.calls.total() == 2


def test_a_server_that_cannot_be_used_leaves_all_as_code_left_it(desk, tmp_path):
    api = MessagesApi(answer=truthful)
    api.faults.append("no_key")

    grown = desk.reviewed(tmp_path, None, api=api)

    assert is_as_offline(grown, desk.offline())
    assert grown.review.not_made


def test_what_records_say_is_fenced(desk, tmp_path):
    api = MessagesApi(answer=truthful)
    desk.reviewed(tmp_path, None, api=api)

    for body in api.bodies():
        outside = planted.outside_fences(planted.told(body))
        assert not any(word in outside for word in ("espresso", "locomotive", "cymbal"))
