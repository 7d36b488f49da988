"""Recommendations follow from items, by rule, in order of urgency."""

import pytest

from rlm_pipeline.taxonomy import quality
from rlm_pipeline.taxonomy.compared import ComparedColumn
from rlm_pipeline.taxonomy.document import Category, Dimension, Trend
from rlm_pipeline.taxonomy.recommendations import recommend
from rlm_pipeline.taxonomy.wording import item


def said(kind, about, *, namespace="topic", **numbers):
    return item(
        namespace=namespace, kind=kind, about=about, template=f"On {kind}.", names={}, numbers=numbers, confidence=1
    )


def trend(category, share_from, share_to):
    return Trend(
        dimension="topic",
        category=category,
        category_name=category,
        start="FY2012",
        end="FY2022",
        share_from=share_from,
        share_to=share_to,
        q=0.0,
    )


def advise(items, *, dimensions=(), trends=(), related=(), compared=()):
    return recommend(items, dimensions=dimensions, trends=trends, related=related, compared=compared)


@pytest.mark.parametrize(("share_to", "priority"), [(0.16, "high"), (0.13, "medium"), (0.05, "low")])
def test_a_steeper_rise_is_more_urgent_and_a_fall_is_not(share_to, priority):
    (advice,) = advise([said("trend", "jam")], trends=[trend("jam", 0.1, share_to)])

    assert advice.priority == priority
    assert advice.based_on == (said("trend", "jam").id,)
    assert advice.rationale == "On trend."
    assert advice.would_change.startswith("A share that ")


@pytest.mark.parametrize(("share", "priority"), [(0.02, "high"), (0.005, "medium"), (0.0005, "low")])
def test_more_rows_set_aside_are_more_urgent(share, priority):
    items = [said("quality", quality.SET_ASIDE, namespace=quality.NAMESPACE, share=share)]

    assert [advice.priority for advice in advise(items)] == [priority]


def test_nothing_is_recommended_that_no_item_states():
    moves = [trend("jam", 0.1, 0.5)]
    column = ComparedColumn(name="site", levels=("a", "b"), answered=4, coverage=0.4, entropy=1.0)

    assert advise([], trends=moves, compared=[column]) == ()


def test_a_rule_speaks_three_times_and_the_most_urgent_come_first():
    categories = [f"c{at}" for at in range(6)]
    items = [said("trend", category) for category in categories]
    items.append(said("stability", "tentative", share=0.1))
    moves = [trend(category, 0.1, 0.13 if at < 3 else 0.3) for at, category in enumerate(categories)]
    leaf = Category(id="c0", name="c0", definition="", status="tentative", count=1)
    topic = Dimension(
        id="topic", name="t", definition="", facet="f", kind="text", method="", gate="passed", categories=(leaf,)
    )

    advice = advise(items, trends=moves[::-1], dimensions=[topic])

    assert [each.priority for each in advice] == ["high", "high", "high", "low"]
    assert len({each.id for each in advice}) == 4


def test_a_broad_text_category_is_worth_looking_into_and_a_broad_value_is_not():
    leaves = tuple(
        Category(id=name, name=name, definition="", status="established", share=share)
        for name, share in {"most": 0.7, "some": 0.2, "few": 0.1}.items()
    )

    def advice_on(kind):
        dimension = Dimension(
            id="topic", name="t", definition="", facet="f", kind=kind, method="", gate="passed", categories=leaves
        )
        return advise([said("size", leaf.id) for leaf in leaves], dimensions=[dimension])

    assert [each.statement for each in advice_on("text")] == [
        "Look inside “most”: it holds so many records that it may be several things."
    ]
    assert advice_on("categorical") == ()
