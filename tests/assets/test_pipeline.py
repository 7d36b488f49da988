"""The whole pipeline through Dagster on a small planted support desk."""

import json

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from assets import launching
from assets.command_line import app
from rlm_pipeline import staleness
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.taxonomy import published

EVERYTHING = launching.Request()


def launch(desk, instance, request=EVERYTHING):
    store, config = desk.store, desk.config
    store.register(config)
    sources = take_inventory(store, config).fingerprints
    target = launching.Target(store=store, config=config, sources=sources)
    return launching.launch(target, request, instance)


def rlm(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def ran(new_desk, in_desk):
    desk = new_desk(rows=900, columns=30, years=2)
    instance = in_desk(desk)
    outcome = launch(desk, instance)
    assert not outcome.failures
    return desk, instance, outcome


def test_a_desk_from_files_to_report(ran):
    desk, instance, outcome = ran
    store = desk.store

    coverage = published.load(store).coverage
    truth = json.loads((desk.source / "truth" / "truth.json").read_text())
    assert {stage for stage, _ in outcome.materialised} == set(staleness.BY_NAME)
    assert coverage.records == coverage.labelled + coverage.other
    assert coverage.records + coverage.quarantined == truth["rows"]
    assert coverage.citations == coverage.citations_verified > 0
    assert store.report_path.read_text(encoding="utf-8").startswith("<!")
    events = instance.get_records_for_run(instance.get_runs()[0].run_id).records
    assert events, "the run is in the instance that the UI shows"

    assert launch(desk, instance).materialised == ()

    touched = next(desk.source.glob("support_fy*.csv"))
    touched.write_bytes(touched.read_bytes())
    assert launch(desk, instance).materialised == (), "a touched but identical file makes nothing stale"

    commands(desk)
    decide(desk, instance)
    change_one_year(desk, instance)


def commands(desk):
    """Every reading command answers, as text and as JSON."""
    schema = json.loads(rlm("schema", desk.yaml, "--json").stdout)
    text = next(column for column in schema["columns"] if column["role"] == "text")
    chunk = json.loads(rlm("chunk", "list", desk.yaml, "--json").stdout)[0]["chunk_id"]
    calls = [
        ["status", desk.yaml], ["profile", desk.yaml], ["profile", desk.yaml, "--column", text["name"]],
        ["schema", desk.yaml], ["schema", desk.yaml, "--column", text["name"]],
        ["chunk", "list", desk.yaml], ["chunk", "get", desk.yaml, chunk],
        ["search", desk.yaml, "cannot print"], ["taxonomy", desk.yaml], ["run", desk.yaml],
    ]  # fmt: skip
    for call in calls:
        result = rlm(*call)
        assert result.exit_code == 0, (call, result.stderr)
        json.loads(rlm(*call, "--json").stdout)
    for mode in ("hybrid", "semantic", "bm25"):
        hits = rlm("search", "desk", "password", "--mode", mode, "--format", "ndjson", "-p", "2012").stdout.splitlines()
        assert all(json.loads(hit)["partition"] == "FY2012" for hit in hits)
        assert hits


def decide(desk, instance):
    """A person's decisions touch labels and what follows from them; every record is still accounted for."""
    before = published.load(desk.store)
    text = next(each for each in before.dimensions if each.kind == "text" and each.categories)
    above = {each.parent for each in text.categories}
    first, second, *_ = (each for each in text.categories if each.id not in above)
    for arguments in (["--forbid", first.id], ["--rename", second.name, "--to", "What we call it"]):
        made = rlm("taxonomy", "curate", desk.yaml, "--of", text.name, *arguments)
        assert made.exit_code == 0, made.stderr

    outcome = launch(desk, instance)
    assert not outcome.failures
    assert {stage for stage, _ in outcome.materialised} == {"labels", "taxonomy", "report"}

    found = published.load(desk.store)
    assert [each.state for each in found.curation] == ["applied", "applied"]
    names = {each.id: each.name for each in next(d for d in found.dimensions if d.id == text.id).categories}
    assert first.id not in names
    assert names[second.id] == "What we call it"
    assert found.coverage.records == found.coverage.labelled + found.coverage.other == before.coverage.records
    assert "What we call it" in desk.store.report_path.read_text(encoding="utf-8")
    assert "2 of 2 decisions applied" in rlm("taxonomy", desk.yaml).stdout
    assert "retired" in rlm("taxonomy", "diff", desk.yaml).stdout
    assert launch(desk, instance).materialised == ()


def change_one_year(desk, instance):
    """Asking for one year touches that year and what depends on it."""
    before = {path: path.stat().st_mtime_ns for path in desk.store.folder.rglob("*/FY2012.*")}
    changed = next(desk.source.glob("*fy2013*"))
    lines = changed.read_bytes().splitlines(keepends=True)
    changed.write_bytes(b"".join(lines[:-5]))

    outcome = launch(desk, instance, launching.Request(partitions=("FY2013",)))

    assert not outcome.failures
    redone = {partition for stage, partition in outcome.materialised if stage not in ("labels", "schema")}
    assert redone == {"FY2013", None}
    upstream = {path for path in before if path.parent.name not in {"labels", "moved_labels"}}
    assert {path: path.stat().st_mtime_ns for path in upstream} == {path: before[path] for path in upstream}
    assert launch(desk, instance).materialised == ()


def test_a_broken_year_stops_publication_and_nothing_else(new_desk, in_desk):
    desk = new_desk(rows=200, columns=24, years=2, dirt=0)
    instance = in_desk(desk)
    broken = next(desk.source.glob("*fy2013*"))
    whole = broken.read_bytes()
    broken.write_bytes(b"PK\x03\x04" + bytes(200))

    outcome = launch(desk, instance)

    assert [(failure.stage, failure.partition) for failure in outcome.failures] == [("raw_file", "FY2013")]
    assert broken.name in outcome.failures[0].reason
    assert ("merged_findings", "FY2012") in outcome.materialised
    assert not desk.store.taxonomy_path.exists()

    broken.write_bytes(whole)
    outcome = launch(desk, instance)
    assert not outcome.failures
    assert "FY2012" not in {partition for stage, partition in outcome.materialised if stage == "raw_file"}
    assert desk.store.taxonomy_path.exists()
    labels = pl.read_parquet(desk.store.labels_path("FY2013"))
    assert labels["row"].n_unique() == desk.store.manifest("FY2013").rows


def test_a_launched_asset_records_its_data_version(new_desk, in_desk):
    desk = new_desk(rows=60, columns=24, years=1, dirt=0)
    instance = in_desk(desk)

    launch(desk, instance, launching.Request(stages=("raw_file",)))

    event = instance.get_latest_materialization_event(dg.AssetKey("raw_file"))
    assert event.asset_materialization.tags["dagster/data_version"] == staleness.output_of(
        desk.store, "raw_file", "FY2012"
    )
    assert event.asset_materialization.partition == "desk|FY2012"
