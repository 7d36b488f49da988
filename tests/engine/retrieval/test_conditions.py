import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.errors import QueryError
from rlm_pipeline.retrieval.conditions import parse

CELLS = pl.DataFrame(
    {
        "n": ["1", "02", "1,500", "n/a", "", None, " 2.0 "],
        "t": ["P1", "p1", "O'Hara", "100% done", "", None, " P1 "],
        "in": ["a", "b", "c", "d", "e", "f", "g"],
    }
)


def rows(condition):
    def column(name):
        if name not in CELLS.columns:
            raise QueryError(f"no column {name!r}")
        return pl.col(name)

    kept = CELLS.with_row_index("at").filter(parse(condition, column))
    return kept["at"].to_list()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n = 2", [1, 6]),
        ("n = '02'", [1]),
        ("n >= 2", [1, 2, 6]),
        ("n < 2", [0]),
        ("n != 2", [0, 2, 3]),
        ("n is null", [4, 5]),
        ("n is not null", [0, 1, 2, 3, 6]),
        ("n between 2 and 1500", [1, 2, 6]),
        ("n not between 2 and 1500", [0, 3]),
        ("t = P1", [0, 6]),
        ("t == 'P1'", [0, 6]),
        ("t <> 'P1'", [1, 2, 3]),
        ("t = 'O''Hara'", [2]),
        ("t like 'p_'", [0, 1, 6]),
        ("t like '100% %'", [3]),
        ("t not like 'P%'", [2, 3]),
        ("t in ('P1', \"x\")", None),
        ("t in (P1, 'p1')", [0, 1, 6]),
        ("t not in (P1, 'p1')", [2, 3]),
        ("\"in\" = 'c'", [2]),
        ("n = 1 or n = 2 and t = P1", [0, 6]),
        ("(n = 1 or n = 2) and t = P1", [0, 6]),
        ("(n = 1 or n = 2) and not t = P1", [1]),
        ("NOT n IS NULL AND t LIKE '%1'", [0, 1, 6]),
        ("n = -1.5", []),
    ],
)
def test_conditions_keep_the_rows_they_say(condition, expected):
    if expected is None:
        with pytest.raises(QueryError):
            rows(condition)
    else:
        assert rows(condition) == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "expected a column, but it ends"),
        ("n", "expected a comparison .* but it ends"),
        ("n =", "expected a value.* but it ends"),
        ("n = 1 and", "expected a column, but it ends"),
        ("(n = 1", r"expected and, or, or \), but it ends"),
        ("n = 1)", r"or the end, but found '\)' at character 6"),
        ("n in 1", r"expected \(, but found '1' at character 6"),
        ("n between 1 or 2", "expected and, but found 'or'"),
        ("n is 3", "expected null, but found '3'"),
        ("n = 'open", "from character 5 on"),
        ("n; drop table", "from character 2 on"),
        ("x = 1", "no column 'x'"),
        ("not " * 60 + "n = 1", "nested more than 50 deep"),
    ],
)
def test_a_condition_that_cannot_be_read_says_where(condition, message):
    with pytest.raises(QueryError, match=message):
        rows(condition)


@given(st.text(alphabet="nt='\"() ,<>!andorlikebetween0123%_\n", max_size=40))
def test_every_text_is_a_condition_or_a_query_error(condition):
    try:
        found = rows(condition)
    except QueryError:
        return
    assert set(found) <= set(range(CELLS.height))
