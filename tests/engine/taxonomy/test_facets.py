import random

from rlm_pipeline.configuration import ColumnRoles
from rlm_pipeline.profiling import schema
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import facets
from tests.engine.taxonomy.letters import letters
from tests.engine.taxonomy.stored import CONFIG, put

ROWS = 400


def found(tmp_path, config=CONFIG, **years):
    store = DatasetStore(tmp_path / "letters")
    partitions = put(store, config, years)
    return facets.find(store, config, schema.load(store), partitions)


def one_of(values, seed, rows=ROWS, weights=None):
    return random.Random(seed).choices(values, weights, k=rows)


def test_free_text_and_informative_columns_are_facets_and_every_other_column_has_its_reason(tmp_path):
    cells = {
        "letter": letters(ROWS)[0],
        "ticket": [f"T-{number:05d}" for number in range(ROWS)],
        "region": one_of(["North", "South", "East"], 1),
        "amount": [f"{number * 1.37:.2f}" for number in range(ROWS)],
        "always": ["yes"] * ROWS,
        "mostly": one_of(["yes", "no"], 2, weights=[99, 1]),
        "seldom": [value if place % 10 == 0 else None for place, value in enumerate(one_of(["a", "b"], 3))],
        "private_phone": one_of(["1", "2"], 4),
    }

    result = found(tmp_path, FY2020=cells)

    assert [column.name for column in result.text] == ["letter"]
    assert [answers.column for answers in result.categorical] == ["region"]
    assert set(result.left_out) == {"ticket", "amount", "always", "mostly", "seldom"}
    assert "one value makes up" in result.left_out["mostly"]
    assert result.left_out["seldom"] == "answered in 10% of the records"
    assert result.left_out["ticket"] == "the records' id"


def test_values_that_differ_in_case_and_spacing_are_one_answer_as_mostly_written(tmp_path):
    cells = {"region": one_of(["North", "NORTH", " north ", "South", "n/a"], 1, weights=[5, 2, 1, 4, 2])}

    (region,) = found(tmp_path, FY2020=cells).categorical

    assert list(region.values.items()) == [("north", "North"), ("south", "South")]
    assert region.counts["north"] == sum(value.strip().lower() == "north" for value in cells["region"])
    assert 0.7 < region.coverage < 0.95


def test_a_recoded_column_says_the_same_and_the_one_in_words_is_kept(tmp_path):
    regions = one_of(["North", "South", "East"], 1)
    slips = [value if place != 7 else "3" for place, value in enumerate(regions)]
    code = {"North": "1", "South": "2", "East": "3"}
    cells = {
        "code": [code[value] for value in regions],
        "region": regions,
        "slipped": [code.get(value, value) for value in slips],
        "unrelated": one_of(["1", "2", "3"], 2),
    }

    result = found(tmp_path, FY2020=cells, FY2021=cells)

    assert [answers.column for answers in result.categorical] == ["region", "unrelated"]
    assert {result.left_out["code"], result.left_out["slipped"]} == {"says the same as region"}


def test_a_coarser_column_does_not_say_the_same(tmp_path):
    fine = one_of(["a", "b", "c", "d"], 1)
    cells = {"fine": fine, "coarse": ["x" if value in "ab" else "y" for value in fine]}

    assert [answers.column for answers in found(tmp_path, FY2020=cells).categorical] == ["fine", "coarse"]


def test_slips_beyond_the_most_frequent_values_do_not_cost_a_column(tmp_path):
    values = one_of(["North", "South"], 1, rows=2000)
    for place in range(36):
        values[place * 50] = f"typo {place}"
    many = [f"value {number % 90}" for number in range(2000)]

    result = found(tmp_path, FY2020={"region": values, "many": many})

    assert [answers.column for answers in result.categorical] == ["region"]
    assert result.left_out["many"] == "more than 30 different values"


def test_no_more_than_the_most_informative_columns_are_facets(tmp_path):
    cells = {f"even_{number}": one_of(["a", "b"], number) for number in range(24)}
    cells["uneven"] = one_of(["a", "b"], 99, weights=[9, 1])

    result = found(tmp_path, FY2020=cells)

    assert len(result.categorical) == 24
    assert result.left_out["uneven"] == "informative, but beyond the 24 most informative columns"


def test_a_column_in_few_years_is_judged_by_those_years(tmp_path):
    result = found(
        tmp_path,
        FY2020={"region": one_of(["N", "S"], 1)},
        FY2021={"region": one_of(["N", "S"], 2), "shelf": one_of(["A", "B"], 3)},
    )

    assert [answers.column for answers in result.categorical] == ["region", "shelf"]
    assert result.categorical[1].coverage == 1.0


def test_addresses_and_identifiers_are_no_categories(tmp_path):
    cells = {
        "region": one_of(["North", "South", "East"], 5),
        "node": [f"MDQ6VXNlcjIxMDMxMDY{each}Nw==" for each in one_of([1, 2, 3], 1)],
        "link": [f"https://example.org/{each}" for each in one_of([1, 2, 3], 2)],
        "user": [str(18650000 + each) for each in one_of([1, 2, 3], 3)],
        "industry": [str(236110 + each) for each in one_of([1, 2, 3], 4)],
    }

    result = found(tmp_path, FY2020=cells)

    assert {answers.column for answers in result.categorical} == {"region", "industry"}
    assert result.left_out["link"] == "its values are web addresses"
    assert result.left_out["node"] == result.left_out["user"] == "its values are identifiers"


def test_of_very_many_text_columns_the_fullest_are_facets_unless_a_person_named_others(tmp_path):
    texts = letters(ROWS)[0]
    many = {f"remark_{place:02d}": [*texts[: ROWS - 5 * place], *([None] * 5 * place)] for place in range(14)}
    many = {name: [f"{name} {cell}" if cell else None for cell in cells] for name, cells in many.items()}
    named = CONFIG.model_copy(update={"columns": ColumnRoles(text=tuple(many))})

    result = found(tmp_path, FY2020=many)

    assert [column.name for column in result.text] == sorted(many)[: facets.MOST_TEXT]
    assert "beyond the 12 fullest" in result.left_out["remark_13"]
    assert len(found(tmp_path, named, FY2020=many).text) == 14
