"""Readings through Message Batches: handed in by a run, collected by the sensor, taken in by the run it asks for."""

import dagster as dg
import pytest

from assets import automation
from assets.definitions import defs
from resources.ledger import open_ledger
from resources.store import StoreResource
from rlm_pipeline.analysis.reading import stage, waiting
from rlm_pipeline.llm import client
from tests.engine.analysis.reading import readable
from tests.engine.analysis.reading.reader import honest
from tests.fakes.messages_api import MessagesApi


@pytest.fixture
def claude(monkeypatch):
    """Claude is a server in this process, whoever connects to it."""
    api = MessagesApi(answer=honest, batch_polls=2)
    connect = client.connect
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
    monkeypatch.setattr(
        client, "connect", lambda settings, transport=None: connect(settings, transport=api.transport())
    )
    return api


def desk(root):
    dataset = readable.model_config(batches=True, reading_tokens=800)
    store = readable.of_narratives(root, readable.narratives(60), dataset)
    store.register(dataset)
    return store, dataset


def read(store, dataset):
    with open_ledger(store) as ledger:
        return stage.materialise(store, dataset, "all", ledger=ledger)


def tick(root, instance):
    context = dg.build_sensor_context(instance=instance, repository_def=defs.get_repository_def())
    return list(automation.collect_batches(context, stores=StoreResource(root=str(root))))


def test_a_batch_is_collected_by_the_sensor_and_its_partition_read_on(tmp_path, claude):
    store, dataset = desk(tmp_path)
    first = read(store, dataset)
    assert (first.coverage.read, first.readings) == (0, 0)
    assert "batch" in first.stopped

    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(tick(tmp_path, instance)[0], dg.SkipReason), "still under way"
        (request,) = tick(tmp_path, instance)
        (again,) = tick(tmp_path, instance)

    assert request.run_config == {"ops": {"readings": {"config": {"force": True}}}}
    assert request.partition_key.keys_by_dimension == {"dataset": "desk", "fiscal_year": "all"}
    assert again.run_key == request.run_key, "what was asked for once is not asked for again"

    second = read(store, dataset)
    assert second.coverage.read == 60
    with open_ledger(store) as ledger:
        assert waiting.ended_since(store, ledger) == {}
    half_price = sum(claude.account.delivered.values())
    with open_ledger(store) as ledger:
        assert ledger.read("SELECT settled_pico FROM spending")[0][0] == int(half_price * 10**12)


def test_without_batches_there_is_nothing_to_collect(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        (skipped,) = tick(tmp_path, instance)

    assert "no dataset" in skipped.skip_message
