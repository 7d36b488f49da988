"""Decisions on other records than they were made on: a next month in which one matter has hardly any letters."""

import pytest

from rlm_pipeline.taxonomy import dimensions
from tests.engine.taxonomy.curation.decided import Letters, subject
from tests.engine.taxonomy.letters import letters as written
from tests.engine.taxonomy.stored import CONFIG, YEARS, coded, put

FEW = 3
"""Letters a year about trains: too few to be found as a category."""


@pytest.fixture(scope="session")
def next_month(discovered, matter, tmp_path_factory):
    """The store after another discovery; what was about trains was pinned before it. No matter is new."""
    made = Letters(discovered[0].folder, tmp_path_factory.mktemp("next_month"))
    years = {}
    for number, year in enumerate(YEARS):
        texts, matters = written(260, seed=50 + number)
        trains = [at for at, each in enumerate(matters) if each == "train"]
        kept = [texts[at] for at in range(len(texts)) if at not in trains[FEW:]]
        name = "letter_text" if year == "FY2020" else "LetterText"
        years[year] = {name: kept, **coded(len(kept), seed=number, with_shelf=year != "FY2020")}
    put(made.store, CONFIG, years)
    pin = f"decisions:\n- {{pin: {matter('train').id}, of: LetterText}}\n"
    dimensions.materialise(made.store, made.config(pin), YEARS)
    return made.store


@pytest.fixture
def later(next_month, tmp_path):
    return Letters(next_month.folder, tmp_path)


def by_id(found):
    return {each.id: each for each in subject(found).categories}


def test_the_matter_is_found_no_longer_and_all_others_are(later, matter):
    found = later.publish()

    assert matter("train").id not in by_id(found)
    others = ("coffee", "bicycle", "garden", "guitar", "dentist")
    assert {matter(each).id for each in others} <= set(by_id(found))


def test_a_pinned_category_survives_under_its_id_and_takes_in_the_records_it_would_have_taken(later, matter):
    train = matter("train")
    found = later.publish(f"decisions:\n- {{pin: {train.id}, of: LetterText}}\n")

    assert by_id(found)[train.id].name == train.name
    assert by_id(found)[train.id].count == found.curation[0].records > 0
    assert found.curation[0].reason == "discovery finds it no longer; it is kept as it was"
    table = later.labels(subject(found))
    assert sum("train" in text for text in table.filter(table["category_id"] == train.id)["text"]) > 0
    counted = subject(found)
    assert counted.labelled + counted.other + counted.blank == table.height
    assert sum(table["category_id"] == train.id) == by_id(found)[train.id].count


def test_a_pinned_category_is_known_by_its_name_too_and_can_be_renamed_and_described(later, matter):
    train = matter("train")
    found = later.publish(
        f"""
        decisions:
        - {{pin: '{train.name}', of: LetterText}}
        - {{rename: {train.id}, of: LetterText, to: Railway}}
        - {{describe: Railway, of: LetterText, as: Trains and ferries.}}
        """
    )

    assert [each.state for each in found.curation] == ["applied"] * 3
    assert (by_id(found)[train.id].name, by_id(found)[train.id].definition) == ("Railway", "Trains and ferries.")


def test_what_is_pinned_no_more_is_gone(later, matter):
    train = matter("train")
    later.publish(f"decisions:\n- {{pin: {train.id}, of: LetterText}}\n")
    found = later.publish()

    assert train.id not in by_id(found)
    assert train.id not in set(later.labels(subject(found))["category_id"])


def test_every_kind_of_decision_of_last_month_is_carried_out_again(later, matter):
    coffee, garden, guitar, dentist, bicycle = map(matter, ("coffee", "garden", "guitar", "dentist", "bicycle"))
    yaml = f"""
        decisions:
        - {{rename: {dentist.id}, of: LetterText, to: Teeth}}
        - {{describe: {dentist.id}, of: LetterText, as: About teeth.}}
        - {{merge: [{coffee.id}, {garden.id}], of: LetterText, to: House and garden}}
        - {{split_off: Strings, of: LetterText, from: {guitar.id}, words: [string]}}
        - {{forbid: {bicycle.id}, of: LetterText}}
        - {{rename_dimension: LetterText, to: Concern}}
        - {{describe_dimension: LetterText, as: What it is about.}}
        """
    plain = later.publish()
    found = later.publish(yaml)

    here, before = by_id(found), by_id(plain)
    assert [each.state for each in found.curation] == ["applied"] * 7
    assert (here[dentist.id].name, here[dentist.id].definition) == ("Teeth", "About teeth.")
    assert here[coffee.id].count == before[coffee.id].count + before[garden.id].count
    strings = next(each for each in here.values() if each.name == "Strings")
    assert here[guitar.id].count + strings.count == before[guitar.id].count
    assert subject(found).other == subject(plain).other + before[bicycle.id].count
    assert (subject(found).name, subject(found).definition) == ("Concern", "What it is about.")
    assert not {garden.id, bicycle.id} & set(here)


def test_ids_of_what_a_person_made_are_the_same_as_last_month(later, discovered, matter, tmp_path_factory):
    before = Letters(discovered[0].folder, tmp_path_factory.mktemp("before"))
    yaml = f"decisions:\n- {{split_off: Strings, of: LetterText, from: {matter('guitar').id}, words: [string]}}\n"

    then, now = (
        {each.id for each in subject(made.publish(yaml)).categories if each.name == "Strings"}
        for made in (before, later)
    )

    assert then == now
    assert len(then) == 1


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("{rename: TRAIN, of: LetterText, to: Railway}", "does_not_fit"),
        ("{describe: TRAIN, of: LetterText, as: Railway}", "does_not_fit"),
        ("{forbid: TRAIN, of: LetterText}", "does_not_fit"),
        ("{split_off: Ferries, of: LetterText, from: TRAIN, words: [ferry]}", "does_not_fit"),
        ("{merge: [COFFEE, TRAIN], of: LetterText}", "does_not_fit"),
        ("{merge: [COFFEE, TRAIN], of: LetterText, to: Together}", "applied"),
        ("{merge: [TRAIN, COFFEE], of: LetterText, to: Together}", "applied"),
    ],
)
def test_what_is_decided_about_a_category_that_is_found_no_longer_is_reported_and_stops_nothing(
    later, matter, decision, state
):
    train = matter("train")
    yaml = f"decisions:\n- {decision.replace('TRAIN', train.id).replace('COFFEE', matter('coffee').id)}\n"
    plain = later.publish()
    found = later.publish(yaml)

    (outcome,) = found.curation
    assert outcome.state == state
    assert f"the category “{train.name}” is no longer found" in outcome.reason
    assert train.id not in outcome.says, "a person reads names"
    assert subject(found).labelled == subject(plain).labelled


def test_a_merge_whose_first_category_ended_keeps_that_ones_id(later, matter):
    coffee, train = matter("coffee"), matter("train")
    plain = later.publish()
    found = later.publish(f"decisions:\n- {{merge: [{train.id}, {coffee.id}], of: LetterText, to: Mornings}}\n")

    assert by_id(found)[train.id].name == "Mornings"
    assert by_id(found)[train.id].count == by_id(plain)[coffee.id].count
    assert coffee.id not in by_id(found)
