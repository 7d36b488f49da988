"""Published taxonomies are kept for comparison, found again by their ids, and the oldest ones removed."""

import pytest

from rlm_pipeline.errors import NotMaterialised, QueryError, StoreError
from rlm_pipeline.store import DatasetStore, write_json
from rlm_pipeline.taxonomy import history
from tests.engine.taxonomy.compared import taxonomy


@pytest.fixture
def store(tmp_path):
    return DatasetStore(tmp_path / "desk")


def publish(store, run_id, month, *, now=True):
    content = taxonomy(run_id=run_id, generated_at=f"2024-{month:02}-01T00:00:00+00:00").model_dump(
        mode="json", by_alias=True
    )
    history.keep(store, run_id, content)
    if now:
        write_json(content, store.taxonomy_path)


def ids(pair):
    return tuple(run.run_id for run in pair)


def test_a_taxonomy_is_kept_as_it_was_published(store):
    publish(store, "a1", 1)

    (run,) = history.runs(store)
    assert history.load(run) == taxonomy(run_id="a1", generated_at="2024-01-01T00:00:00+00:00")
    assert run.path.read_bytes() == store.taxonomy_path.read_bytes()


def test_the_last_two_are_compared_unless_others_are_asked_for(store):
    for month, run_id in enumerate(("b2", "a1", "c3", "c4"), start=1):
        publish(store, run_id, month)

    assert ids(history.chosen(store, "", "")) == ("c3", "c4")
    assert ids(history.chosen(store, "b", "")) == ("b2", "c4")
    assert ids(history.chosen(store, "", "A1")) == ("b2", "a1")
    assert ids(history.chosen(store, "c4", "b")) == ("c4", "b2"), "backwards, if a person asks for it"


def test_what_is_published_counts_and_not_what_was_kept_last(store):
    publish(store, "a1", 1)
    publish(store, "b2", 2)
    publish(store, "c3", 3, now=False)

    assert ids(history.chosen(store, "", "")) == ("a1", "b2")


def test_one_run_has_nothing_to_be_compared_with(store):
    with pytest.raises(NotMaterialised):
        history.chosen(store, "", "")
    publish(store, "a1", 1)

    assert history.chosen(store, "", "") is None


@pytest.mark.parametrize(("wanted", "said"), [("c", "more than one run 'c'"), ("x", "no run 'x'")])
def test_an_id_that_is_none_or_several_is_refused_and_the_last_runs_are_named(store, wanted, said):
    for month, run_id in enumerate(("a1", "c3", "c4"), start=1):
        publish(store, run_id, month)

    for pair in ((wanted, ""), ("", wanted)):
        with pytest.raises(QueryError, match=f"{said}; the last ones are: a1, c3, c4"):
            history.chosen(store, *pair)


def test_a_run_is_not_compared_with_itself(store):
    publish(store, "a1", 1)
    publish(store, "b2", 2)

    with pytest.raises(QueryError, match="b2 is the same run twice; others are: a1"):
        history.chosen(store, "b2", "")


def test_the_oldest_runs_are_removed_and_one_that_is_published_again_is_the_latest(store, monkeypatch):
    monkeypatch.setattr(history, "MOST_RUNS", 3)
    for month, run_id in enumerate(("a1", "b2", "c3", "d4"), start=1):
        publish(store, run_id, month)
    assert [run.run_id for run in history.runs(store)] == ["b2", "c3", "d4"]

    publish(store, "b2", 5)

    assert [run.run_id for run in history.runs(store)] == ["c3", "d4", "b2"]


def test_a_damaged_file_is_no_run_and_one_of_another_version_says_so(store, caplog):
    publish(store, "a1", 1)
    (store.folder / "taxonomy" / "b2.json").write_text("{")
    write_json({"generated_at": "2024-02-01", "run_id": "c3"}, store.folder / "taxonomy" / "c3.json")

    first, other = history.runs(store)
    assert (first.run_id, other.run_id) == ("a1", "c3")
    assert "b2.json is no taxonomy" in caplog.text
    with pytest.raises(StoreError, match=r"c3.json is not a taxonomy of this version"):
        history.load(other)
