import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import StoreError
from rlm_pipeline.profiling import ascending, columns, distinct, spill, summary
from tests.engine.profiling.stored import config_with, put, store_in

WRITTEN = st.one_of(
    st.none(),
    st.sampled_from(["NA", "n/a", "-", "99", "9999", "1,234", "12,5", "1,234,567", "5 kg", "3/4/2012", "25/4/2012"]),
    st.integers(-20, 200).map(str),
    st.floats(-10, 10).map(str),
    st.dates().map(str),
    st.text(max_size=6),
    st.text("ab ", min_size=30, max_size=60),
)


def small_bounds(patch: pytest.MonkeyPatch) -> None:
    """As if a column of one cell were long, and memory held a handful of values."""
    for module, name, bound in (
        (distinct, "LONG_RECORDS", 0), (distinct, "CELLS_PER_BLOCK", 7), (spill, "HELD_BYTES", 300),
        (spill, "BUCKET_BYTES", 40), (spill, "PART_ROWS", 3), (ascending, "HELD_NUMBERS", 4), (ascending, "_STEP", 2),
        (summary, "_MOST_CANDIDATES", 10),
    ):  # fmt: skip
        patch.setattr(module, name, bound)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(WRITTEN, WRITTEN), min_size=1, max_size=120))
def test_a_column_counted_on_the_disk_has_the_same_profile_as_in_memory(tmp_path, cells):
    store = store_in(tmp_path)
    names = ("opened at", "a.b")
    frame = {name: pl.Series([row[place] for row in cells], dtype=pl.String) for place, name in enumerate(names)}
    put(store, "FY2012", desk=frame, other={"a": ["x", "y"], "a.b": ["1", "NA"]})
    in_memory = columns.materialise(store, config_with(), "FY2012")

    with pytest.MonkeyPatch.context() as patch:
        small_bounds(patch)
        on_disk = columns.materialise(store, config_with(), "FY2012")

    assert on_disk.to_dicts() == in_memory.to_dicts()


def test_many_values_on_the_disk_have_the_same_profile_as_in_memory(tmp_path, monkeypatch):
    store, chance = store_in(tmp_path), np.random.default_rng(0)
    texts = [f"the printer {number} is not on the floor and she waits" for number in chance.integers(0, 2500, 3000)]
    put(
        store, "FY2012",
        desk={
            "note": texts,
            "amount": [f"{number:.3f}" for number in chance.lognormal(3, 2, 3000)],
            "state": chance.choice(["TX", "CA", "NA"], 3000).tolist(),
            "hour": [str(number) for number in chance.choice([*range(24), 99], 3000)],
        },
    )  # fmt: skip
    in_memory = columns.materialise(store, config_with(), "FY2012")

    small_bounds(monkeypatch)
    monkeypatch.setattr(distinct, "CELLS_PER_BLOCK", 700)
    monkeypatch.setattr(spill, "PART_ROWS", 400)
    monkeypatch.setattr(spill, "HELD_BYTES", 20_000)
    monkeypatch.setattr(spill, "BUCKET_BYTES", 9_000)
    monkeypatch.setattr(ascending, "HELD_NUMBERS", 300)
    monkeypatch.setattr(summary, "_MOST_CANDIDATES", 700)
    on_disk = columns.materialise(store, config_with(), "FY2012")

    assert on_disk.to_dicts() == in_memory.to_dicts()
    assert in_memory["outlier_count"].sum() > 20


def test_no_temporary_file_stays_behind(tmp_path, monkeypatch):
    store = store_in(tmp_path)
    put(store, "FY2012", desk={"a": [str(number) for number in range(200)]})
    left = store.profile_path("FY2012").with_name(".FY2012.temporary") / "counts"
    left.mkdir(parents=True)
    (left / "from a crash").touch()

    small_bounds(monkeypatch)
    columns.materialise(store, config_with(), "FY2012")

    assert [path.name for path in store.profile_path("FY2012").parent.iterdir()] == ["FY2012.parquet"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    store = store_in(tmp_path)
    put(store, "FY2012", desk={"a": [str(number) for number in range(200)]})
    store.profile_path("FY2012").parent.write_text("a file where the folder should be")
    small_bounds(monkeypatch)

    with pytest.raises(StoreError, match=r"cannot write temporary files to .*column_profile"):
        columns.materialise(store, config_with(), "FY2012")


def test_ignored_cells_of_a_long_column_are_only_counted(tmp_path, monkeypatch):
    store = store_in(tmp_path)
    put(store, "FY2012", desk={"a": ["1", None, "3"]}, other={"b": ["x"]})
    monkeypatch.setattr(distinct, "LONG_RECORDS", 0)

    assert distinct.filled(store, "FY2012", ["a", "b"], records=4) == {"a": 2, "b": 1}
