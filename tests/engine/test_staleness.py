import shutil

import pytest

from rlm_pipeline import curation, source_code, staleness
from rlm_pipeline.configuration import Chunking, DatasetConfig, Files
from rlm_pipeline.staleness import BY_NAME, STAGES
from rlm_pipeline.store import DatasetStore, write_json, write_text

SOURCES = {"FY2012": "one", "FY2013": "two"}


@pytest.fixture
def config():
    return DatasetConfig(name="desk", source="/data/*.csv")


@pytest.fixture
def store(tmp_path, config):
    """A store in which every stage of two years completed."""
    store = DatasetStore(tmp_path / "desk")
    for stage in STAGES:
        for partition in SOURCES if stage.per_partition else (None,):
            complete(store, config, stage.name, partition, SOURCES)
    return store


def complete(store, config, stage, partition, sources):
    for path in staleness.output_paths(store, stage, partition):
        if not path.exists():
            write_text("x", path)
    if stage == "raw_file":
        write_json({"partition": partition, "sources": []}, store.manifest_path(partition))
    inputs = staleness.inputs_of(store, config, BY_NAME[stage], partition, sources=sources)
    assert inputs is not None
    staleness.stamp(store, stage, partition, inputs)


def out_of_date(store, config, sources=SOURCES):
    return {
        (state.stage, state.partition)
        for state in staleness.states(store, config, sources=sources)
        if state.status != "current"
    }


def test_nothing_is_stale_after_everything_ran(store, config):
    assert out_of_date(store, config) == set()


def test_a_changed_file_makes_its_own_year_stale_and_nothing_else_yet(store, config):
    assert out_of_date(store, config, {**SOURCES, "FY2012": "changed"}) == {("raw_file", "FY2012")}


def test_a_changed_output_makes_its_readers_stale(store, config):
    write_text("other", store.chunks_path("FY2012"))
    staleness.stamp(
        store, "chunks", "FY2012", staleness.inputs_of(store, config, BY_NAME["chunks"], "FY2012", sources=SOURCES)
    )

    assert out_of_date(store, config) == {
        ("embeddings", "FY2012"),
        ("lexical_index", "FY2012"),
        ("findings", "FY2012"),
        ("readings", "FY2012"),
    }


def test_a_changed_setting_makes_only_the_stages_that_read_it_stale(store, config):
    changed = config.model_copy(update={"chunking": Chunking(size=1000)})

    stale = [state for state in staleness.states(store, changed, sources=SOURCES) if state.status != "current"]

    assert {state.stage for state in stale} == {"chunks"}
    assert all(state.reason == "changed: settings chunking" for state in stale)


@pytest.mark.parametrize(
    ("decision", "stages"),
    [
        ("{merge: [a, b], of: d}", {"labels", "taxonomy"}),
        ("{split_off: a, of: d, from: b, words: [c]}", {"labels", "taxonomy"}),
        ("{pin: a, of: d}", {"labels", "taxonomy"}),
        ("{forbid: a, of: d}", {"labels", "taxonomy"}),
        ("{rename: a, of: d, to: b}", {"taxonomy"}),
        ("{describe: a, of: d, as: b}", {"taxonomy"}),
        ("{rename_dimension: d, to: b}", {"taxonomy"}),
    ],
)
def test_a_decision_makes_stale_what_follows_from_it_and_nothing_that_was_found(store, config, decision, stages):
    decided = curation.parsed(f"decisions:\n- {decision}\n", store.folder / "desk.curation.yaml")
    changed = config.model_copy(update={"curation": decided})

    assert {stage for stage, _ in out_of_date(store, changed)} == stages
    noted = curation.parsed(f"decisions: []\n# {decision}\n", store.folder / "desk.curation.yaml")
    assert out_of_date(store, config.model_copy(update={"curation": noted})) == set()


def test_changed_credentials_of_an_object_store_make_nothing_stale(store, config):
    changed = config.model_copy(update={"files": Files(storage={"key": "other", "secret": "other"})})

    assert out_of_date(store, changed) == set()


@pytest.mark.parametrize("files", [{"include": ["a.csv"]}, {"exclude": ["b.csv"]}, {"gitignore": False}])
def test_another_choice_of_files_makes_the_records_stale(store, config, files):
    changed = config.model_copy(update={"files": Files(**files)})

    assert {stage for stage, _ in out_of_date(store, changed)} == {"raw_file"}


def test_a_deleted_output_is_missing(store, config):
    store.report_path.unlink()

    states = staleness.states(store, config, sources=SOURCES)

    assert [(state.stage, state.status) for state in states if state.status != "current"] == [("report", "missing")]


def test_a_new_year_is_missing_and_makes_the_dataset_stale_once_it_ran(store, config):
    sources = {**SOURCES, "FY2014": "three"}
    new = {(stage.name, "FY2014") for stage in STAGES if stage.per_partition}
    assert out_of_date(store, config, sources) == new

    for stage in STAGES:
        if stage.per_partition and stage.name != "labels":
            complete(store, config, stage.name, "FY2014", sources)

    assert ("schema", None) in out_of_date(store, config, sources)
    assert ("dimensions", None) in out_of_date(store, config, sources)


def test_the_schema_waits_for_nothing_but_what_it_is_made_from(tmp_path, config):
    store = DatasetStore(tmp_path / "desk")
    for stage in ("raw_file", "column_profile", "column_pairs"):
        complete(store, config, stage, "FY2012", SOURCES)

    assert staleness.inputs_of(store, config, BY_NAME["schema"], None, sources=SOURCES) is not None
    assert staleness.materialised_partitions(store, "schema") == ("FY2012",)
    assert staleness.materialised_partitions(store) == ()


def test_an_unfinished_stage_is_missing_until_it_is_stamped(store, config):
    staleness.unstamp(store, "chunks", "FY2012")

    assert ("chunks", "FY2012") in out_of_date(store, config)


def test_every_stage_has_code_and_comes_after_what_it_reads():
    seen = set()
    for stage in STAGES:
        assert set(stage.upstream) <= seen
        assert len(staleness.code_version(stage.name)) == 16
        seen.add(stage.name)


def test_an_edited_rule_or_template_is_a_change_of_the_code_and_a_price_is_none(tmp_path, monkeypatch):
    def version(stage):
        source_code.version_of.cache_clear()
        source_code.imports_of.cache_clear()
        return staleness.code_version(stage)

    package = tmp_path / "rlm_pipeline"
    shutil.copytree(source_code.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source_code, "PACKAGE", package)
    before = {stage: version(stage) for stage in ("chunks", "findings", "readings", "report")}
    edited = (
        package / "analysis" / "code_analyst" / "rules" / "security_python.yaml",
        package / "report" / "page.html.jinja",
        package / "llm" / "prices.yaml",
    )
    for path in edited:
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    changed = {stage for stage, old in before.items() if version(stage) != old}

    monkeypatch.undo()
    version("chunks")
    assert changed == {"findings", "report"}
