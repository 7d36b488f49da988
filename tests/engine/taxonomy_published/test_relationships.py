"""Planted associations are found, independence and shared drift are not."""

import numpy as np
import pytest

from rlm_pipeline.taxonomy import relationships
from rlm_pipeline.taxonomy.crosstabs import cross, expected, strength, uncertainty_interval
from rlm_pipeline.taxonomy.document import Category, Dimension
from rlm_pipeline.taxonomy.variables import Records, Variable

YEARS = ("FY2020", "FY2021", "FY2022")


def variable(name, codes, *, levels=None, is_dimension=True):
    count = levels or int(np.max(codes)) + 1
    names = tuple(f"{name} {code}" for code in range(count))
    return Variable(
        id=name,
        name=name.title(),
        levels=names,
        level_ids=tuple(f"{name}/{code}" for code in range(count)),
        codes=np.asarray(codes, dtype=np.int16),
        is_dimension=is_dimension,
    )


def records(size, years=YEARS):
    bounds = np.linspace(0, size, len(years) + 1).astype(int)
    return Records(partitions=years, starts=tuple(int(bound) for bound in bounds))


def echo(rng, codes, levels, share):
    """The same answer in `share` of the records, any answer in the others."""
    return np.where(rng.random(len(codes)) < share, codes % levels, rng.integers(0, levels, len(codes)))


def test_forty_independent_columns_give_no_relationship():
    rng = np.random.default_rng(1)
    size = 20_000
    dimensions = [variable(f"d{at}", rng.integers(0, 4 + at, size)) for at in range(5)]
    columns = [variable(f"c{at}", rng.integers(0, 2 + at % 9, size), is_dimension=False) for at in range(40)]

    found = relationships.find(dimensions, columns, records(size))

    assert found.relationships == ()


def test_rare_levels_and_skewed_columns_give_no_relationship_by_chance():
    rng = np.random.default_rng(2)
    size = 3_000
    skewed = [np.minimum(rng.geometric(0.5, size) - 1, 24) for _ in range(24)]
    dimensions = [variable(f"d{at}", codes) for at, codes in enumerate(skewed[:8])]
    columns = [variable(f"c{at}", codes, is_dimension=False) for at, codes in enumerate(skewed[8:])]

    found = relationships.find(dimensions, columns, records(size))

    assert found.relationships == ()


def test_every_planted_pair_is_found_with_its_strongest_cell_and_nothing_else():
    rng = np.random.default_rng(3)
    size = 20_000
    cause = rng.integers(0, 5, size)
    dimensions = [
        variable("cause", cause),
        variable("effect", echo(rng, cause, 5, 0.3)),
        variable("alone", rng.integers(0, 6, size)),
    ]
    columns = [
        variable("site", echo(rng, cause, 5, 0.15), is_dimension=False),
        variable("noise", rng.integers(0, 7, size), is_dimension=False),
    ]

    found = relationships.find(dimensions, columns, records(size))

    pairs = {(each.relationship.source, each.relationship.target) for each in found.related}
    assert pairs == {("cause", "effect"), ("cause", "site")}
    strongest = found.related[0].relationship
    assert strongest.effect == pytest.approx(0.3, abs=0.02)
    assert strongest.interval[0] < 0.3 < strongest.interval[1]
    assert strongest.n == size
    assert list(strongest.by_partition) == list(YEARS)
    assert all(effect == pytest.approx(0.3, abs=0.03) for effect in strongest.by_partition.values())
    assert "records" in strongest.strongest[0]
    first, _, second = strongest.strongest[0].partition(":")[0].partition(" with ")
    assert first.removeprefix("cause ") == second.removeprefix("effect ")


def test_categories_that_co_occur_are_listed_with_their_lift():
    rng = np.random.default_rng(4)
    size = 12_000
    cause = rng.integers(0, 4, size)
    both = echo(rng, cause, 4, 0.4)

    found = relationships.find([variable("cause", cause), variable("effect", both)], [], records(size))

    assert {(pair.source, pair.target) for pair in found.co_occurring} == {
        (f"cause/{code}", f"effect/{code}") for code in range(4)
    }
    for pair in found.co_occurring:
        assert pair.kind == "co_occurrence"
        assert pair.effect == pytest.approx(0.4 * 4 + 0.6, abs=0.1)
        assert pair.interval[0] < pair.effect < pair.interval[1]


def test_records_without_an_answer_do_not_count():
    rng = np.random.default_rng(5)
    size = 6_000
    cause = rng.integers(0, 3, size)
    answer = echo(rng, cause, 3, 0.5)
    answer[:1_000] = -1

    found = relationships.find([variable("cause", cause), variable("answer", answer)], [], records(size))

    assert found.related[0].relationship.n == 5_000


def test_a_column_that_another_one_determines_is_a_dependency():
    rng = np.random.default_rng(6)
    size = 8_000
    part = rng.integers(0, 12, size)
    product = part // 4

    found = relationships.find([variable("product", product), variable("part", part)], [], records(size))

    (dependency,) = [each.relationship for each in found.related]
    assert dependency.kind == "dependency"
    assert (dependency.source, dependency.target) == ("part", "product")
    assert dependency.effect == 1.0
    assert dependency.by_partition == dict.fromkeys(YEARS, 1.0)


def test_two_names_for_one_thing_are_an_association_not_a_dependency():
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 5, 5_000)

    found = relationships.find([variable("a", codes), variable("b", 4 - codes)], [], records(5_000))

    assert [(each.relationship.kind, each.relationship.effect) for each in found.related] == [("association", 1.0)]


def test_variables_that_only_drift_over_the_same_years_are_not_related():
    rng = np.random.default_rng(8)
    size = 30_000
    year = records(size).partition_codes()
    drifting = [np.where(rng.random(size) < 0.2 + 0.25 * year, 0, rng.integers(1, 4, size)) for _ in range(2)]
    a, b = (variable(name, codes) for name, codes in zip("ab", drifting, strict=True))

    measured = strength(cross(a, b, year, len(YEARS)))
    found = relationships.find([a, b], [], records(size))

    assert measured.effect >= relationships.MINIMUM_EFFECT
    assert found.relationships == ()


def test_a_relation_that_reverses_inside_years_says_so():
    rng = np.random.default_rng(9)
    size = 30_000
    year = records(size).partition_codes()
    level = year / 2
    a = (rng.random(size) < 0.1 + 0.8 * level).astype(int)
    b = (rng.random(size) < 0.1 + 0.8 * level - 0.15 * (a - 0.1 - 0.8 * level)).astype(int)

    found = relationships.find([variable("a", a), variable("b", b)], [], records(size))

    relationship = found.related[0].relationship
    text = " ".join(relationship.strongest)
    assert "reverses within partitions" in text
    assert "rarer than expected in" in text
    assert relationship.reverses_inside
    assert relationship.reverses_in == YEARS
    assert relationship.effect_within >= relationships.MINIMUM_EFFECT


def test_a_relation_that_turns_in_one_year_names_the_year_and_is_not_reversed_inside():
    rng = np.random.default_rng(12)
    size = 30_000
    year = records(size).partition_codes()
    a = rng.integers(0, 4, size)
    b = echo(rng, np.where(year == 1, a + 1, a), 4, 0.5)

    found = relationships.find([variable("a", a), variable("b", b)], [], records(size))

    assert found.related[0].relationship.reverses_in == ("FY2021",)
    assert not found.related[0].relationship.reverses_inside
    assert {pair.reverses_in for pair in found.co_occurring} == {("FY2021",)}


def test_relations_that_hold_in_every_year_are_said_to_reverse_in_none():
    rng = np.random.default_rng(13)
    size = 12_000
    years = tuple(f"FY{2010 + at}" for at in range(12))
    for share in (0.08, 0.2, 0.6):
        a = rng.integers(0, 6, size)
        found = relationships.find(
            [variable("a", a), variable("b", echo(rng, a, 5, share))], [], records(size, years=years)
        )
        assert [each.relationship.reverses_in for each in found.related] == [()]
        assert not found.related[0].relationship.reverses_inside


def test_of_two_by_two_levels_the_reversal_is_judged_by_the_statistic_of_cochran_mantel_and_haenszel():
    from rlm_pipeline.taxonomy import reversals

    rng = np.random.default_rng(14)
    counts = rng.integers(20, 60, size=(5, 2, 2))
    table = counts.sum(axis=0)
    n, first, left = (counts.sum(axis=axis) for axis in ((1, 2), 2, 1))
    excess = counts[:, 0, 0] - first[:, 0] * left[:, 0] / n
    variance = first[:, 0] * first[:, 1] * left[:, 0] * left[:, 1] / (n**2 * (n - 1))
    sign = np.sign(table[0, 0] * table[1, 1] - table[0, 1] * table[1, 0])

    parts = [reversals._excess(part, (table - expected(table)) / expected(table)) for part in counts]

    ours = [value / np.sqrt(spread) for value, spread in parts]
    assert ours == pytest.approx(sign * excess / np.sqrt(variance))


def test_a_reversed_relation_is_told_in_its_item_and_its_advice():
    from rlm_pipeline.taxonomy.knowledge import _association
    from rlm_pipeline.taxonomy.recommendations import recommend

    rng = np.random.default_rng(9)
    size = 30_000
    year = records(size).partition_codes()
    level = year / 2
    a = (rng.random(size) < 0.1 + 0.8 * level).astype(int)
    b = (rng.random(size) < 0.1 + 0.8 * level - 0.15 * (a - 0.1 - 0.8 * level)).astype(int)
    columns = [variable("b", b, is_dimension=False)]
    (related,) = relationships.find([variable("a", a)], columns, records(size)).related
    dimension = Dimension(
        id="a", name="A", definition="", facet="a", kind="categorical", method="", gate="passed",
        categories=tuple(
            Category(id=f"a/{code}", name=str(code), definition="", status="established") for code in range(2)
        ),
    )  # fmt: skip

    item = _association(related, {"a": dimension})
    advice = recommend([item], dimensions=[dimension], trends=[], related=[related], compared=[])

    assert "Inside the partitions, each seen by itself, the relation is the other way round." in item.statement
    assert [each.statement[:27] for each in advice] == ["Compare “A” and “B” inside "]
    assert advice[0].would_change


def test_every_cell_of_a_pooled_table_expects_a_record_and_none_is_lost():
    rng = np.random.default_rng(10)
    for size in (150, 1_000, 9_000):
        a = variable("a", np.minimum(rng.geometric(0.15, size) - 1, 59), levels=60)
        b = variable("b", np.minimum(rng.geometric(0.6, size) - 1, 9), levels=10)

        table = cross(a, b, records(size).partition_codes(), len(YEARS))

        assert table is not None
        assert table.n == size
        assert expected(table.table).min() >= 1.0 - 1e-9


def test_the_interval_of_a_dependency_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(11)
    p = np.array([[0.3, 0.02, 0.0], [0.01, 0.3, 0.02], [0.0, 0.01, 0.34]])
    row, column = p.sum(axis=1), p.sum(axis=0)
    seen = p > 0
    information = (p[seen] * np.log((p / np.outer(row, column))[seen])).sum()
    truth = information / -(column * np.log(column)).sum()

    intervals = [uncertainty_interval(rng.multinomial(2_000, p.ravel()).reshape(3, 3)) for _ in range(400)]

    assert 0.91 <= np.mean([low <= truth <= high for low, high in intervals]) <= 0.99
