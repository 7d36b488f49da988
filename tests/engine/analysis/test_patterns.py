import json

import polars as pl
import pytest

from rlm_pipeline.analysis import findings, patterns
from tests.engine.analysis.prepared import config, prepare


def pattern(tmp_path, values):
    store = prepare(tmp_path, {"code": values, "status": ["open", "closed"] * (len(values) // 2)})
    findings.materialise(store, config(), "all")
    frame = pl.read_parquet(store.findings_path("all"))
    return frame.filter((pl.col("type") == "pattern") & (pl.col("scope") == "code"))


@pytest.mark.parametrize(
    ("value", "shape"),
    [("TK-20931", "AA-99999"), ("Zürich 8", "Aaaaaa 9"), ("a.b@c", "a.a@a"), ("東京 ٣", "aa 9"), (" x", " a")],
)
def test_the_shape_of_a_value(value, shape):
    assert patterns.shapes(pl.Series([value, None])).to_list() == [shape, None]


def test_runs_fold_to_one_character():
    assert patterns.fold("AA-99999 Aaa 9") == "A+-9+ A+a+ 9+"


def test_a_dominant_shape_is_reported_with_its_exceptions(tmp_path):
    values = [f"TK-{place:05d}" for place in range(200)]
    values[7], values[150] = "none given", "tk-00150"

    found = pattern(tmp_path, values).row(0, named=True)

    assert found["distribution"] == [
        {"value": "AA-99999", "count": 198},
        {"value": patterns.OTHER_SHAPES, "count": 2},
    ]
    assert json.loads(found["numbers"])["exceptions"] == 2
    assert [(each["row"], each["quote"]) for each in found["citations"]] == [
        (8, "none given"), (151, "tk-00150"), (1, "TK-00000"),
    ]  # fmt: skip


def test_values_of_varying_length_are_folded(tmp_path):
    found = pattern(tmp_path, [f"TK-{place**3}" for place in range(200)]).row(0, named=True)

    assert found["distribution"] == [{"value": "A+-9+", "count": 200}]


def test_values_without_a_common_shape_have_no_pattern(tmp_path):
    values = ["".join("aA9-"[(place >> digit) % 4] for digit in range(8)) + str(place) for place in range(200)]

    assert pattern(tmp_path, values).is_empty()


def test_words_of_varying_length_have_no_pattern(tmp_path):
    values = ["".join(chr(97 + (place * step) % 26) for step in range(3 + place % 9)) for place in range(200)]

    assert pattern(tmp_path, values).is_empty()
