"""`rlm taxonomy` shows the tree, writes decisions and tells what changed; what is published has planted labels."""

import json
import re
import shutil

import pytest

from rlm_pipeline import configuration, curation
from rlm_pipeline.store import Store
from rlm_pipeline.taxonomy import published
from tests.assets.exchanged import printed, rlm
from tests.engine.taxonomy_published import desk
from tests.engine.taxonomy_published.desk import YEARS


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return desk.build(tmp_path_factory.mktemp("built"), size=120).store


@pytest.fixture
def yaml(tmp_path, built, monkeypatch):
    """The YAML of a published desk in a home of its own."""
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "home"))
    shutil.copytree(built.folder, tmp_path / "home" / "desk")
    (tmp_path / "desk.csv").write_text("ticket\n1\n")
    path = tmp_path / "desk.yaml"
    path.write_text("name: desk\nsource: desk.csv\ncolumns: {id: ticket, ignore: ['*_phone']}\n", encoding="utf-8")
    publish(path)
    return path


def publish(yaml, month=1):
    store, config = Store(yaml.parent / "home").dataset("desk"), configuration.load(yaml)
    store.register(config)
    return published.materialise(store, config, YEARS, generated_at=f"2024-{month:02}-01T00:00:00+00:00")


def curate(yaml, *arguments, of="topic"):
    return rlm("taxonomy", "curate", yaml, "--of", of, *arguments)


def decisions(yaml):
    return curation.read(yaml.with_name("desk.curation.yaml")).decisions


@pytest.mark.parametrize("command", [[], ["show"]])
def test_the_tree_is_shown_with_and_without_the_word_show(yaml, command):
    for dataset in (yaml, "desk"):
        result = rlm("taxonomy", *command, dataset)
        assert result.exit_code == 0, result.stderr
        assert re.search(r"jam \d+ · \d+\.\d%", result.stdout)
    (one,) = printed("taxonomy", *command, yaml, "--json", "-d", "topic")
    assert one["id"] == "topic"


def test_options_may_come_first(yaml):
    assert printed("taxonomy", "--json", yaml) == printed("taxonomy", yaml, "--json")


def test_ids_are_shown_where_they_are_asked_for(yaml):
    category = printed("taxonomy", yaml, "--json")[0]["categories"][0]

    assert category["id"] in rlm("taxonomy", yaml, "--ids").stdout


def test_what_is_not_there_is_refused(yaml):
    assert "no dimension 'nowhere'" in rlm("taxonomy", yaml, "-d", "nowhere").stderr
    assert rlm("taxonomy", yaml, "-d", "nowhere").exit_code == 2
    assert rlm("taxonomy", "nothing").exit_code == 2
    assert "curate" in rlm("taxonomy", "--help").stdout


def test_a_decision_is_written_by_id_and_read_at_the_next_run(yaml):
    result = curate(yaml, "--rename", "JAM", "--to", "Paper jams", "--note", "as we say")

    assert result.exit_code == 0, result.stderr
    assert "1 decision; the next `rlm run` carries out what is new" in result.stdout
    (made,) = decisions(yaml)
    jam = next(each for each in printed("taxonomy", yaml, "--json")[0]["categories"] if each["name"] == "jam")
    assert (made.rename, made.of, made.to, made.note) == (jam["id"], "topic", "Paper jams", "as we say")
    publish(yaml, 2)
    shown = rlm("taxonomy", yaml).stdout
    assert "Paper jams" in shown
    assert "1 of 1 decision applied" in shown


def test_what_a_person_wrote_stays_and_each_kind_can_be_added_after_it(yaml):
    file = yaml.with_name("desk.curation.yaml")
    file.write_text("# ours\ndecisions:\n  - merge: [jam, toner]   # printers\n    of: topic\n    to: Printers\n")
    before = file.read_text()

    for arguments in (
        ["--rename", "login", "--to", "Signing in"],
        ["--split-off", "Low", "--from", "toner", "--word", "low", "--word", "empty", "--as", "Nearly out."],
        ["--pin", "vpn"],
        ["--describe", "Signing in", "--as", "What keeps people out:\nand what lets them in"],
        ["--rename-dimension", "--to", "Trouble"],
        ["--describe-dimension", "--as", "What it is."],
    ):
        result = curate(yaml, *arguments)
        assert result.exit_code == 0, (arguments, result.stderr)
    assert curate(yaml, "--forbid", "mail", of="channel").exit_code == 0

    assert file.read_text().startswith(before)
    kinds = [each.kind for each in decisions(yaml)]
    assert kinds == [
        "merge", "rename", "split_off", "pin", "describe", "rename_dimension", "describe_dimension", "forbid",
    ]  # fmt: skip
    assert decisions(yaml)[2].words == ("low", "empty")
    assert decisions(yaml)[4].definition == "What keeps people out:\nand what lets them in"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected one of --rename, --merge"),
        (["--pin", "jam", "--forbid", "jam"], "expected one of --rename, --merge"),
        (["--pin", "ghost"], "there is no category “ghost”"),
        (["--rename", "jam"], "--rename: --to: missing"),
        (["--describe", "jam"], "--describe: --as: missing"),
        (["--merge", "jam"], "--merge: --merge: expected at least two"),
        (["--split-off", "x", "--from", "jam"], "--split-off: expected words, a pattern or rows"),
        (["--split-off", "x", "--from", "jam", "--row", "y"], "--split-off: --row: expected a record"),
        (["--forbid", "jam", "--to", "x"], "--forbid: --to: unknown key"),
        (["--forbid", "vpn"], "contradicts decisions[0], pin “vpn”"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_the_file_stays_as_it_was(yaml, arguments, said):
    file = yaml.with_name("desk.curation.yaml")
    file.write_text("decisions:\n- {pin: vpn, of: topic}\n")

    result = curate(yaml, *arguments)

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert file.read_text() == "decisions:\n- {pin: vpn, of: topic}\n"


def test_a_decision_is_told_as_json(yaml):
    told = printed("taxonomy", "curate", yaml, "--of", "topic", "--pin", "vpn", "--json")

    assert told["decision"]["of"] == "topic"
    assert told["file"] == str(yaml.with_name("desk.curation.yaml"))


def test_a_dataset_without_its_yaml_has_its_decisions_in_its_own_folder(yaml):
    store = Store(yaml.parent / "home").dataset("desk")
    store.register(configuration.load(yaml).model_copy(update={"curation": curation.Curation()}))
    yaml.unlink()

    assert curate("desk", "--pin", "vpn").exit_code == 0
    assert curate("desk", "--pin", "jam").exit_code == 0

    assert (store.folder / "dataset.curation.yaml").exists()
    assert [each.kind for each in store.current_config().curation.decisions] == ["pin", "pin"]


def test_one_run_alone_has_no_difference(yaml):
    assert "nothing to compare with: run " in rlm("taxonomy", "diff", yaml).stdout
    assert printed("taxonomy", "diff", yaml, "--json")["compared"] is False


def test_the_difference_of_two_runs_is_told_in_words_and_as_json(yaml):
    (first,) = (yaml.parent / "home" / "desk" / "taxonomy").iterdir()
    yaml.with_name("desk.curation.yaml").write_text("decisions:\n- {rename: jam, of: topic, to: 'Paper [jam]'}\n")
    publish(yaml, 2)

    told = rlm("taxonomy", "diff", yaml)
    assert told.exit_code == 0, told.stderr
    assert "renamed   Paper [jam], was “jam”, by a person" in told.stdout
    assert "as before: " in told.stdout
    found = printed("taxonomy", "diff", yaml, "--json")
    assert found["earlier"] == first.stem
    topic = next(each for each in found["dimensions"] if each["id"] == "topic")
    assert [each["state"] for each in topic["categories"]][:2] == ["renamed", "continued"]
    assert len(topic["categories"]) == sum(each["state"] == "continued" for each in topic["categories"]) + 1
    assert printed("taxonomy", "diff", yaml, first.stem[:6], "--json") == found
    assert rlm("taxonomy", "diff", yaml, "nosuch").exit_code == 2


def test_a_decision_that_fits_no_longer_is_in_the_difference(yaml):
    file = yaml.with_name("desk.curation.yaml")
    file.write_text("decisions:\n- {rename: jam, of: topic, to: Paper}\n- {pin: vpn, of: topic}\n")
    publish(yaml, 2)
    store = Store(yaml.parent / "home").dataset("desk")
    found = json.loads(store.dimensions_path.read_text())
    topic = next(each for each in found["dimensions"] if each["id"] == "topic")
    next(each for each in topic["categories"] if each["name"] == "jam")["name"] = "squeak"
    store.dimensions_path.write_text(json.dumps(found))

    publish(yaml, 3)

    assert "  rename “jam” to “Paper”: there is no category “jam”" in rlm("taxonomy", "diff", yaml).stdout
    assert "  does not fit: rename “jam” to “Paper”" in rlm("taxonomy", yaml).stdout


def test_the_difference_travels_with_the_dataset(yaml, monkeypatch):
    yaml.with_name("desk.curation.yaml").write_text("decisions:\n- {rename: jam, of: topic, to: Paper}\n")
    publish(yaml, 2)
    before = printed("taxonomy", "diff", yaml, "--json")
    archive = yaml.with_name("desk.tar.gz")
    assert rlm("export", "desk", archive).exit_code == 0

    monkeypatch.setenv("RLM_HOME", str(yaml.with_name("elsewhere")))
    assert rlm("import", archive).exit_code == 0

    assert printed("taxonomy", "diff", "desk", "--json") == before
