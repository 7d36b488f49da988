import csv
import gzip
import json
import re
from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.sources.raw_file import materialise
from rlm_pipeline.store import Store

DATA = Path(__file__).parents[5] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder shared/data of real records is not beside us")


def stored(tmp_path, source):
    """The manifest of the one file, its records, and its paths; nothing may be set aside in these files."""
    store = Store(tmp_path).dataset("real")
    manifest = materialise(store, DatasetConfig(name="real", source=str(DATA / source)), "all")
    assert manifest.quarantined == 0
    return (
        manifest.sources[0],
        store.scan_records("all").sort("_row").collect(),
        pl.read_parquet(store.paths_path("all")),
    )


def readme(dataset):
    return (DATA / dataset / "README.md").read_text()


def count_in(dataset, pattern):
    return int(re.search(pattern, readme(dataset))[1])


def test_every_webhook_payload_is_read(tmp_path):
    source, records, paths = stored(tmp_path, "octokit-webhooks/payloads.jsonl.gz")

    assert source.detected_type == "jsonl"
    assert source.rows == count_in("octokit-webhooks", r"(\d+) payloads")
    top = {path for path in paths["path"] if re.fullmatch(r"\$(\.\w+|\['[^']+'\])", path)}
    with gzip.open(DATA / "octokit-webhooks/payloads.jsonl.gz", "rt", encoding="utf-8") as stream:
        payloads = [json.loads(line) for line in stream]
    assert len(top) == len({key for payload in payloads for key in payload})
    assert paths.filter(path="$.action", type="string")["values"].item() == sum("action" in each for each in payloads)
    with (DATA / "octokit-webhooks/truth.csv").open(encoding="utf-8") as stream:
        truth = {row["id"]: row["action"] for row in csv.DictReader(stream) if row["action"]}
    actions = dict(zip(records["id"], records["action"], strict=True))
    assert sum(actions.get(key) == action for key, action in truth.items()) > 250
    assert not [key for key, action in truth.items() if key in actions and actions[key] != action]


def test_every_webhook_event_of_one_large_array_is_read(tmp_path):
    source, records, _ = stored(tmp_path, "octokit-webhooks/index.json.gz")

    assert (source.detected_type, source.records_at) == ("json", "$[*]")
    assert source.rows == count_in("octokit-webhooks", r"event: (\d+)")
    with gzip.open(DATA / "octokit-webhooks/index.json.gz", "rt", encoding="utf-8") as stream:
        events = json.load(stream)
    assert records["name"].to_list() == [event["name"] for event in events]
    assert [json.loads(cell) for cell in records["examples"]] == [event["examples"] for event in events]


def test_every_attack_technique_is_read(tmp_path):
    source, records, _ = stored(tmp_path, "mitre-attack/attack_patterns.jsonl.gz")

    assert source.rows == count_in("mitre-attack", r"(\d+) techniques")
    assert records["created"].min() > "2017-05-30"


def test_every_split_of_the_intents_is_read_with_its_name(tmp_path):
    source, records, _ = stored(tmp_path, "clinc150/data_full.json")

    expected = json.loads(re.search(r"\*\*rows\*\*: (\{.*?\})", readme("clinc150"))[1].replace("'", '"'))
    assert source.header == ("key", "[0]", "[1]")
    assert dict(records.group_by("key").len().iter_rows()) == expected
    assert records["[1]"].n_unique() == 151


def test_every_speech_is_read(tmp_path):
    source, records, _ = stored(tmp_path, "sotu/speeches.jsonl.gz")

    assert source.rows == count_in("sotu", r"(\d+) speeches")
    with gzip.open(DATA / "sotu/speeches.jsonl.gz", "rt", encoding="utf-8") as stream:
        assert records["text"].to_list() == [json.loads(line)["text"] for line in stream]
