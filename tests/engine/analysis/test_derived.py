"""What is derived from each record, as the findings stage stores it."""

from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from rlm_pipeline.analysis import derived, findings
from rlm_pipeline.analysis.code_analyst import observing as code_analyst
from rlm_pipeline.analysis.derived import DERIVED_SCHEMA
from rlm_pipeline.analysis.json_analyst import observing as json_analyst
from rlm_pipeline.errors import InvariantError
from rlm_pipeline.model import ROW, SOURCE
from tests.engine.analysis.code_analyst import repository
from tests.engine.analysis.json_analyst import json_partitions

LAYERED = {
    **repository.SMALL,
    "app/db.py": repository.SMALL["app/db.py"].replace("from app import web\n", "from app import base\n"),
    "app/base.py": "LIMIT = 10\n\n\ndef check(value):\n    return value < LIMIT\n",
}
PUSH, ISSUE, STAR = (
    {"type": "push", "id": 1, "ref": "main"},
    {"type": "issue", "id": 2, "issue": {"title": "Broken"}, "labels": ["a"]},
    {"type": "star", "id": 3, "starred": True, "by": "me", "at": None},
)


def told(store, partition="all"):
    return pl.read_parquet(store.derived_path(partition))


def of_facet(frame, facet):
    rows = frame.filter(pl.col("facet") == facet)
    return {(source, row): value for source, row, value in rows.select("source", "row", "value").iter_rows()}


def records(store):
    return store.scan_records("all").collect()


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    store, config = repository.stored(tmp_path_factory.mktemp("code"), LAYERED)
    findings.materialise(store, config, "all")
    return store, config


def test_every_record_of_code_has_one_value_of_each_facet_and_no_other_record_has_any(code):
    store, _ = code
    frame = told(store)
    own = records(store).filter(~pl.col(SOURCE).str.ends_with(".txt"))

    assert frame.schema == DERIVED_SCHEMA
    assert set(frame["facet"]) == {
        derived.LAYER,
        derived.SECURITY,
        derived.QUALITY,
        derived.PERFORMANCE,
        derived.STRUCTURE,
    }
    for facet in frame["facet"].unique():
        rows = frame.filter(pl.col("facet") == facet)
        assert Counter(rows.select("source", "row").rows()) == Counter(own.select(SOURCE, ROW).rows())


def test_a_record_has_the_layer_of_its_source(code):
    store, _ = code
    frame = told(store).filter(pl.col("facet") == derived.LAYER)

    assert dict(frame.select("source", "value").unique().rows()) == {
        "app/base.py": "layer 1",
        "app/db.py": "layer 2",
        "app/web.py": "imported by nothing",
        "native/copy.c": "on their own",
        "static/page.js": "on their own",
    }


def test_of_several_findings_the_worst_counts_and_the_rest_of_the_records_say_that_nothing_was_found(code):
    store, _ = code
    kinds = {(source, row): name for source, row, name in records(store).select(SOURCE, ROW, "name").rows()}
    security = {kinds[key]: value for key, value in of_facet(told(store), derived.SECURITY).items() if kinds[key]}
    structure = {kinds[key]: value for key, value in of_facet(told(store), derived.STRUCTURE).items() if kinds[key]}

    assert security["load"].startswith("CWE-89 ")
    assert security["show"].startswith(("CWE-78 ", "CWE-79 "))
    assert security["check"] == "nothing found"
    assert structure["_old"] == "never-named"
    assert structure["load"] == "nothing found"
    assert of_facet(told(store), derived.QUALITY)[next(k for k, n in kinds.items() if n == "check")] == "nothing found"


def test_the_first_record_of_each_value_shows_it_in_words_of_its_own(code):
    store, _ = code
    shown = told(store).drop_nulls("quote")
    texts = {(source, row): text for source, row, text in records(store).select(SOURCE, ROW, "text").rows()}

    assert shown.select("facet", "value").is_unique().all()
    assert set(shown.select("facet", "value").rows()) == set(told(store).select("facet", "value").unique().rows())
    for source, row, _, _, column, quote, name, definition in shown.iter_rows():
        assert column == "text"
        assert quote in texts[source, row]
        assert name
        assert definition


def test_batches_and_windows_change_nothing(code):
    store, config = code
    for sizes in ({"batch_records": 1, "window_batches": 1}, {"batch_records": 3, "window_batches": 2}):
        frames = []
        given = repository.assignment(store, config, **sizes)
        list(code_analyst.observe(replace(given, tell=frames.append)))

        assert sorted(pl.concat(frames).rows(), key=str) == sorted(told(store).rows(), key=str)


def test_only_the_modes_that_are_looked_for_are_told(tmp_path):
    store, config = repository.stored(tmp_path, LAYERED, more="analysis: {code_modes: [security]}\n")
    findings.materialise(store, config, "all")

    assert set(told(store)["facet"]) == {derived.SECURITY}


def test_without_imports_between_sources_no_record_has_a_layer(tmp_path):
    apart = {"a.py": "import os\n\n\ndef one():\n    return os.name\n", "b.py": "def two():\n    return 2\n"}
    store, config = repository.stored(tmp_path, apart)
    findings.materialise(store, config, "all")

    assert set(of_facet(told(store), derived.LAYER).values()) == {None}


@pytest.mark.parametrize("mixed", [False, True], ids=["objects", "with lists"])
def test_a_json_record_has_the_shape_that_findings_tell_by_the_same_name(tmp_path, mixed):
    events = [PUSH] * 40 + [ISSUE] * 30 + [STAR] * 20 + ([[1, 2], "word"] if mixed else [])
    store, config = json_partitions.prepare(tmp_path, {"events.jsonl": json_partitions.lines(events)})
    findings.materialise(store, config, "all")
    said = (
        pl.read_parquet(store.findings_path("all"))
        .filter((pl.col("type") == "schema_variation") & (pl.col("scope") == "$"))
        .select(pl.col("distribution").explode().struct.unnest())
    )
    shapes = of_facet(told(store), derived.SHAPE)

    assert Counter(value for value in shapes.values() if value) == dict(said.rows())
    assert list(shapes.values())[:90] == ["type = push"] * 40 + ["type = issue"] * 30 + ["type = star"] * 20
    assert list(shapes.values())[90:] == [None] * (2 * mixed)
    quotes = dict(told(store).drop_nulls("quote").select("value", "quote").rows())
    assert quotes == {f"type = {kind}": kind for kind in ("push", "issue", "star")}


def test_rare_shapes_are_told_of_no_record(tmp_path):
    rare = [{"id": number, f"only_{number}": 1} for number in range(30)]
    usual = [{"id": number, "name": "a"} for number in range(100)]
    store, config = json_partitions.prepare(tmp_path, {"a.jsonl": json_partitions.lines([*usual, *rare])})
    findings.materialise(store, config, "all")

    counted = Counter(of_facet(told(store), derived.SHAPE).values())
    assert counted["usual 2 keys"] == 100
    assert counted[None] == 7  # 24 shapes are named


def test_shapes_are_the_same_in_batches_of_any_size(tmp_path):
    events = [PUSH, ISSUE, STAR] * 40
    store, config = json_partitions.prepare(tmp_path, {"events.jsonl": json_partitions.lines(events)})
    findings.materialise(store, config, "all")
    frames = []
    given = json_partitions.assignment(store, config, batch_records=7, window=1)
    assert len(given.windows) > 3
    list(json_analyst.observe(replace(given, tell=frames.append)))

    assert of_facet(pl.concat(frames), derived.SHAPE) == of_facet(told(store), derived.SHAPE)


def test_a_hidden_key_is_not_quoted(tmp_path):
    events = [{"type": "a", "secret": "4711"}] * 30 + [{"type": "b", "other": {"secret": "4711", "n": 1}}] * 30
    store, config = json_partitions.prepare(
        tmp_path,
        {"a.jsonl": json_partitions.lines(events)},
        columns={"ignore": ["secret", "other.secret", "type"]},
    )
    findings.materialise(store, config, "all")

    assert "4711" not in str(told(store).to_dicts())
    assert len({value for value in of_facet(told(store), derived.SHAPE).values() if value}) == 2


def test_nothing_is_derived_from_the_rows_of_a_table(tmp_path):
    store, config = json_partitions.prepare(tmp_path, {"a.csv": "name,size\n" + "one,1\ntwo,2\n" * 20})
    findings.materialise(store, config, "all")

    assert told(store).is_empty()
    assert told(store).schema == DERIVED_SCHEMA


def test_the_same_input_gives_the_same_bytes(tmp_path):
    stored = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store, config = repository.stored(tmp_path / name, LAYERED)
        findings.materialise(store, config, "all")
        stored.append(store.derived_path("all").read_bytes())

    assert stored[0] == stored[1]


def test_a_record_without_a_value_is_an_error_and_nothing_is_stored(code, tmp_path):
    store, config = code
    given = repository.assignment(store, config, batch_records=100, window_batches=10)
    path = tmp_path / "derived.parquet"
    values = [derived.Told(facet=derived.SHAPE, values=["a"], shown={})]

    with (
        pytest.raises(InvariantError, match="1 values of 'json shape' for 2 records"),
        derived.writing(path, lambda: {derived.SHAPE: 2}) as tell,
    ):
        tell(derived.frame(given.windows[0], [0], values))
    assert not path.exists()
