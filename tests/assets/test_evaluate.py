"""`rlm evaluate`, and the check that guards a minimum."""

import csv
import json

import pytest
from typer.testing import CliRunner

from assets import launching
from assets.command_line import app
from rlm_pipeline.sources.inventory import take_inventory


def rlm(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def launch(desk, instance):
    desk.store.register(desk.config)
    sources = take_inventory(desk.store, desk.config).fingerprints
    target = launching.Target(store=desk.store, config=desk.config, sources=sources)
    return launching.launch(target, launching.Request(), instance)


def check_of(instance):
    """The last result of the check: how it ended, and its figures."""
    records = [
        event.dagster_event.asset_check_evaluation_data
        for run in instance.get_runs()
        for event in instance.all_logs(run.run_id)
        if event.dagster_event and event.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    found = max(
        (each for each in records if each.check_name == "agreement_with_truth"),
        key=lambda each: each.target_materialization_data.storage_id if each.target_materialization_data else 0,
    )
    return found, {name: value.value for name, value in found.metadata.items()}


@pytest.fixture
def ask(request):
    """Adds a section `evaluation` to a desk's YAML."""

    def write(desk, section):
        kept = [line for line in desk.yaml.read_text().splitlines() if not line.startswith("evaluation:")]
        desk.yaml.write_text("\n".join([*kept, f"evaluation: {section}", ""]))

    return write


@pytest.fixture
def ran(new_desk, in_desk):
    desk = new_desk(rows=900, columns=30, years=2)
    instance = in_desk(desk)
    assert not launch(desk, instance).failures
    return desk, instance


def test_agreement_from_files_to_a_guarded_minimum(ran, ask, tmp_path):
    desk, instance = ran
    found, figures = check_of(instance)
    assert figures == {"measured": False}
    assert found.description.startswith("nothing was checked")
    assert found.severity.value == "WARN"

    a_column(desk, tmp_path)
    a_file(desk)
    planted(desk)
    a_guard(desk, instance, ask)


def a_column(desk, folder):
    picture = folder / "picture.html"
    shown = rlm("evaluate", desk.yaml, "--truth", "Product line", "--picture", picture)
    assert shown.exit_code == 0, shown.stderr
    assert "AMI" in shown.stdout
    assert str(picture) in shown.stderr.replace("\n", "")
    assert "Largest confusions" in picture.read_text(encoding="utf-8")
    document = json.loads(rlm("evaluate", desk.yaml, "--truth", "product_line", "--json").stdout)
    assert document["minimum"] is None
    assert {each["gate"] for each in document["dimensions"]} <= {"passed", "no_stable_structure"}
    first = document["dimensions"][0]
    assert first["figures"]["ami"]["low"] <= first["figures"]["ami"]["value"] <= first["figures"]["ami"]["high"]
    assert sum(match["records"] for match in first["matches"]) == first["compared"]

    nothing = rlm("evaluate", desk.yaml)
    assert nothing.exit_code == 2
    assert "give --truth" in nothing.stderr


def a_file(desk):
    records = desk.store.scan_records("FY2012").select("_source", "_row").collect().rows()
    path = desk.folder / "truth.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["source", "row", "half"])
        rows.writerows([source, row, "first" if row < 200 else "second"] for source, row in records)
        rows.writerow(["nowhere.csv", 1, "first"])

    shown = rlm("evaluate", desk.yaml, "--truth", path)
    document = json.loads(rlm("evaluate", desk.yaml, "--truth", path, "--json").stdout)

    assert f"{len(records):,} of {len(records) + 1:,} rows of the file name a record" in shown.stdout
    assert "nowhere.csv, 1" in shown.stdout.replace("\n", " ")
    assert document["file"]["unmatched"] == 1


def planted(desk):
    truth = desk.source / "truth"
    shown = rlm("evaluate", desk.yaml, "--planted", truth)
    document = json.loads(rlm("evaluate", desk.yaml, "--planted", truth, "--json").stdout)

    assert shown.exit_code == 0, shown.stderr
    assert "every row accounted for" in shown.stdout.replace("\n", " ")
    assert 0 <= document["category_accuracy"] <= 1
    assert document["found"]["categorical"]["planted"] == 7
    assert set(document["figures"]) == {"relationships", "trends"}


def a_guard(desk, instance, ask):
    ask(desk, "{truth: product_line, minimum: {labelled: 0.1}}")
    assert not launch(desk, instance).failures
    _, figures = check_of(instance)
    assert figures["measured"]
    assert figures["truth"] == "product_line"
    assert 0.1 <= figures["labelled"] <= 1
    assert rlm("evaluate", desk.yaml).exit_code == 0
    assert "product_line" not in desk.store.taxonomy_path.read_text()
    assert "Product line" not in desk.store.taxonomy_path.read_text()

    ask(desk, "{truth: product_line, minimum: {ami: 0.999}}")
    outcome = launch(desk, instance)
    assert {failure.stage for failure in outcome.failures} == {"taxonomy"}
    assert any("check agreement_with_truth failed: ami is 0." in failure.reason for failure in outcome.failures), (
        outcome.failures
    )
    assert "report" not in {stage for stage, _ in outcome.materialised}
    below = rlm("evaluate", desk.yaml)
    assert below.exit_code == 1
    assert "at least 0.999 is asked for" in below.stdout.replace("\n", " ")

    ask(desk, "{truth: product_line, minimum: {ami: 0}}")
    outcome = launch(desk, instance)
    assert [stage for stage, _ in outcome.materialised] == ["taxonomy", "report"]
