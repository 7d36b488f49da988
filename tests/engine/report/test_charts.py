import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.report import (
    category_tree,
    coverage_bar,
    figures,
    force_layout,
    relationship_map,
    svg,
    treemap,
    trend_arrows,
    year_bars,
    yearly,
)
from tests.engine.report import support_desk


def drawn(markup):
    return ET.fromstring(f"<all>{markup}</all>")


def numbers(element, *names):
    return tuple(float(element.get(name)) for name in names)


@pytest.fixture(scope="module")
def desk():
    return support_desk.support_desk()


def test_a_treemap_gives_every_category_its_share_of_the_area(desk):
    dimension = desk.dimensions[2]  # without parents, so no headers take area
    tree = category_tree.grow(dimension)

    wide = drawn(treemap.draw(dimension, tree)).find("div[@class='on-wide']/svg")

    total = dimension.labelled + dimension.other
    _, _, width, height = map(float, wide.get("viewBox").split())
    for tile in wide.findall("g"):
        name, count = re.match(r"(.*): ([\d,]+) record", tile.find("title").text).groups()
        w, h = numbers(tile.find("rect"), "width", "height")
        share = int(count.replace(",", "")) / total
        assert (w + 2) * (h + 2) == pytest.approx(share * width * height, rel=0.02), name
    assert len(wide.findall("g")) == 13


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=60))
@settings(max_examples=40, deadline=None)
def test_treemap_tiles_stay_inside_and_never_overlap(counts):
    per_year = {"all": sum(counts)}
    base = support_desk.coded_dimension("x", [f"v{i}" for i in range(len(counts))], per_year, random.Random(0))
    categories = tuple(
        category.model_copy(update={"count": count}) for category, count in zip(base.categories, counts, strict=True)
    )
    dimension = base.model_copy(update={"categories": categories})

    narrow = drawn(treemap.draw(dimension, category_tree.grow(dimension))).find("div[@class='on-narrow']/svg")

    boxes = [numbers(rect, "x", "y", "width", "height") for rect in narrow.iter("rect")]
    _, _, width, height = map(float, narrow.get("viewBox").split())
    assert len(boxes) == len(counts)
    for place, (x, y, w, h) in enumerate(boxes):
        assert x >= -0.1
        assert y >= -0.1
        assert x + w <= width + 0.2
        assert y + h <= height + 0.6
        for x2, y2, w2, h2 in boxes[:place]:
            assert min(x + w, x2 + w2) - max(x, x2) < 0.6 or min(y + h, y2 + h2) - max(y, y2) < 0.6


def test_a_tree_keeps_tentative_leaves_out_of_the_established_and_loses_none(desk):
    for dimension in desk.dimensions[:3]:
        tree = category_tree.grow(dimension)

        assert sum(leaf.category.count for leaf in tree.counted) == dimension.labelled
        assert {leaf.category.status for leaf in tree.leaves} == {"established"}
        assert [leaf.category.count for leaf in tree.leaves] == sorted(
            (leaf.category.count for leaf in tree.leaves), reverse=True
        )


def test_the_coverage_bar_is_as_long_as_its_records_and_shows_even_a_few(desk):
    parts = coverage_bar.of_dataset(desk.coverage)

    bar = drawn(coverage_bar.draw(parts, "Records"))[0]

    lengths = [numbers(rect, "width")[0] for rect in bar.findall("rect")]
    assert sum(lengths) == pytest.approx(1000, abs=0.5)
    assert lengths[0] / 1000 == pytest.approx(parts[0].share, abs=0.01)
    assert min(lengths) >= 3


def test_year_bars_are_as_high_as_their_records(desk):
    periods = year_bars.by_period(desk.inputs)

    wide = drawn(year_bars.draw(periods)).find("div[@class='on-wide']/svg")

    heights = [numbers(rect, "height")[0] for rect in wide.iter("rect") if rect.get("class") == "bar"]
    ratios = {round(height / period.rows, 4) for height, period in zip(heights, periods, strict=True)}
    assert max(ratios) - min(ratios) < 0.0002


def test_a_year_without_labels_breaks_the_line_instead_of_drawing_nothing():
    line = yearly.Series(periods=("a", "b", "c", "d", "e"), counts=(1, 2, 0, 3, 4), totals=(10, 10, 0, 10, 10))

    panel = drawn(yearly.panel("x", line, ceiling=0.4, direction="up"))[0]

    assert line.shares == [0.1, 0.2, None, 0.3, 0.4]
    assert len([path for path in panel.findall("path") if path.get("class") == "line"]) == 2
    assert len(panel.findall("g")) == 4
    assert [title.text for title in panel.iter("title")][-1] == f"e: 40.0{figures.PERCENT} (4 of 10)"


def test_arrows_start_and_end_at_the_shares(desk):
    wide = drawn(trend_arrows.draw(desk.trends, {})).find("div[@class='on-wide']/svg")

    rows = [group for group in wide.findall("g") if "target" in group.get("class")]
    ticks = {text.text: numbers(text, "x")[0] for text in wide.findall("text")}
    scale = (ticks[f"20{figures.PERCENT}"] - ticks[f"0{figures.PERCENT}"]) / 0.2
    for trend, row in zip(trend_arrows.ordered(desk.trends), rows, strict=True):
        start = numbers(row.find("circle"), "cx")[0]
        tip = float(row.find("path").get("d")[1:].split()[0])
        assert start == pytest.approx(ticks[f"0{figures.PERCENT}"] + trend.share_from * scale, abs=0.2)
        assert tip == pytest.approx(ticks[f"0{figures.PERCENT}"] + trend.share_to * scale, abs=0.2)
        assert ("up" in row.get("class")) == (trend.share_to > trend.share_from)


@given(st.integers(1, 40), st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_labels_of_the_map_lie_inside_it_and_not_on_each_other(nodes, seed):
    chance = random.Random(seed)
    boxes = np.array([[chance.randint(50, 170), 26] for _ in range(nodes)], dtype=float)
    links = [(a, b, chance.random()) for a in range(nodes) for b in range(a) if chance.random() < 0.2]

    centres = force_layout.arrange(boxes, links, 1040, 680)

    low, high = centres - boxes / 2, centres + boxes / 2
    assert (low >= 0).all()
    assert (high <= [1040, 680]).all()
    for a in range(nodes):
        for b in range(a):
            overlap = np.minimum(high[a], high[b]) - np.maximum(low[a], low[b])
            assert overlap.min() <= 0


def test_the_map_is_the_same_every_time_and_shows_each_text_dimension_first(desk):
    large = support_desk.large()
    text = frozenset({"topic"})

    first = relationship_map.draw(large.relationships, text)
    wide = drawn(first).find("div[@class='on-wide']/svg")
    nodes = {group.get("data-node") for group in wide.findall("g")}

    assert first == relationship_map.draw(large.relationships, text)
    assert "topic" in nodes
    assert len(nodes) <= 36
    assert relationship_map.scope(large.relationships, text).all_edges == 240


def test_relationships_of_categories_are_not_on_the_map(desk):
    together = tuple(edge for edge in desk.relationships if edge.kind == "co_occurrence")

    assert together
    assert relationship_map.draw(together, frozenset()) == ""


@given(st.text(min_size=1, max_size=60), st.floats(1, 400), st.integers(1, 4))
def test_a_fitted_text_fits(text, width, most):
    assert svg.text_width(svg.fitted(text, width, 13), 13) <= width
    written = svg.lines(text, width, 13, most)
    assert len(written) <= most
    assert all(svg.text_width(line, 13) <= width for line in written)


@given(st.text(max_size=30), st.text(max_size=30))
def test_text_and_attributes_are_escaped(text, attribute):
    markup = svg.element("text", text, aria_label=attribute)

    assert re.fullmatch(r'<text aria-label="[^"<>]*">[^<>]*</text>', markup, re.DOTALL)
