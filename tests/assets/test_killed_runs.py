"""A command that is killed leaves no place in a pool taken, or the next one would wait for ever."""

import dagster as dg
import pytest

from assets import launching
from assets.definitions import defs
from rlm_pipeline.llm import process
from rlm_pipeline.sources.inventory import take_inventory

ENDED = process.identity().rsplit("/", 2)[0] + "/1/never"


@pytest.fixture
def desk_and_instance(new_desk, in_desk):
    desk = new_desk(rows=60, columns=24, years=1, dirt=0.0)
    return desk, in_desk(desk)


def holding(instance, owner, pool="model"):
    """A run that holds a place."""
    job = defs.resolve_implicit_global_asset_job_def()
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={"rlm/process": owner})
    slots = instance.event_log_storage
    slots.initialize_concurrency_limit_to_default(pool)
    slots.claim_concurrency_slot(pool, run.run_id, "readings")
    return run.run_id


def held(instance, pool="model"):
    return {slot.run_id for slot in instance.event_log_storage.get_concurrency_info(pool).claimed_slots}


def test_the_places_of_killed_commands_are_given_back_and_their_runs_told_as_failed(desk_and_instance):
    _, instance = desk_and_instance
    dead, alive = holding(instance, ENDED), holding(instance, process.identity())
    assert held(instance) == {dead, alive}

    launching.free_slots_of_ended_processes(instance)

    assert held(instance) == {alive}
    assert instance.get_run_by_id(dead).status == dg.DagsterRunStatus.FAILURE
    assert instance.get_run_by_id(alive).status == dg.DagsterRunStatus.STARTED


def test_a_run_goes_on_after_every_place_was_held_by_a_killed_one(desk_and_instance):
    desk, instance = desk_and_instance
    holding(instance, ENDED)
    holding(instance, ENDED)
    desk.store.register(desk.config)
    sources = take_inventory(desk.store, desk.config).fingerprints
    target = launching.Target(store=desk.store, config=desk.config, sources=sources)
    stages = ("raw_file", "column_profile", "column_pairs", "chunks", "findings", "readings")

    outcome = launching.launch(target, launching.Request(stages=stages), instance)

    assert not outcome.failures
    assert {stage for stage, _ in outcome.materialised} == set(stages)
    assert held(instance) == set()
