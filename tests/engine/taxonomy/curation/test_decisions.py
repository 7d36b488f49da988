"""Each decision, carried out on labels and on the published taxonomy of stages that really ran."""

import polars as pl
import pytest

from rlm_pipeline.errors import CurationError
from rlm_pipeline.model import OTHER
from rlm_pipeline.store import read_json
from tests.engine.taxonomy.curation.decided import subject


def by_id(dimension):
    return {each.id: each for each in dimension.categories}


@pytest.fixture(scope="session")
def plain(discovered, tmp_path_factory):
    """What is published without decisions."""
    from tests.engine.taxonomy.curation.decided import Letters

    return Letters(discovered[0].folder, tmp_path_factory.mktemp("plain")).publish()


def test_without_decisions_nothing_is_recorded_and_no_label_moves(letters):
    found = letters.publish()

    assert found.curation == ()
    assert not (letters.store.folder / "moved_labels").exists()


def test_a_category_gets_another_name_and_definition_and_keeps_its_id_and_records(letters, matter, plain):
    dentist = matter("dentist")
    found = letters.publish(
        f"""
        decisions:
        - rename: {dentist.id}
          of: LetterText
          to: At the dentist's
          note: what our readers call it
        - describe: At the dentist's
          of: LetterText
          as: Teeth, and what is done about them.
        - rename_dimension: LetterText
          to: Concern
        - describe_dimension: Concern
          as: What a letter is about.
        """
    )

    category = by_id(subject(found))[dentist.id]
    assert (category.name, category.named_by) == ("At the dentist's", "person")
    assert category.definition == "Teeth, and what is done about them."
    assert category.count == by_id(subject(plain))[dentist.id].count
    assert (subject(found).name, subject(found).definition) == ("Concern", "What a letter is about.")
    assert [(each.decision, each.state, each.by) for each in found.curation] == [
        ("rename", "applied", "person"),
        ("describe", "applied", "person"),
        ("rename_dimension", "applied", "person"),
        ("describe_dimension", "applied", "person"),
    ]
    assert found.curation[0].says == f"rename “{dentist.name}” to “At the dentist's”"
    assert found.curation[0].note == "what our readers call it"
    assert found.curation[0].records == category.count
    assert read_json(letters.store.taxonomy_path)["curation"][0]["target"] == [dentist.id]


def test_merged_categories_are_one_under_the_id_of_the_first(letters, matter, plain):
    coffee, garden = matter("coffee"), matter("garden")
    found = letters.publish(
        f"decisions:\n- merge: [{coffee.id}, '{garden.name}']\n  of: LetterText\n  to: House and garden\n"
    )

    here, before = by_id(subject(found)), by_id(subject(plain))
    assert here[coffee.id].name == "House and garden"
    assert garden.id not in here
    assert here[coffee.id].count == before[coffee.id].count + before[garden.id].count
    assert (here[coffee.id].lineage.state, here[coffee.id].lineage.former) == ("merged", (coffee.id, garden.id))
    assert set(here[coffee.id].exemplars) <= {*before[coffee.id].exemplars, *before[garden.id].exemplars}
    assert subject(found).other == subject(plain).other
    assert found.curation[0].categories == (coffee.id, garden.id)
    table = letters.labels(subject(found))
    assert garden.id not in {*table["category_id"], *table["runner_up"].drop_nulls()}
    assert (table["category_id"] != table["runner_up"]).fill_null(value=True).all()


def test_statements_that_hold_a_word_are_split_off_and_cited(letters, matter, plain):
    guitar = matter("guitar")
    found = letters.publish(
        f"decisions:\n- split_off: Strings and bows\n  of: LetterText\n  from: {guitar.id}\n"
        "  words: [violin bow, STRING]\n"
    )

    new = next(each for each in subject(found).categories if each.name == "Strings and bows")
    here, before = by_id(subject(found)), by_id(subject(plain))
    table = letters.labels(subject(found))
    held = table.filter(pl.col("text").str.contains(r"(?i)\bviolin bow\b|\bstring\b"))
    assert new.count == table.filter(pl.col("category_id") == new.id).height > 10
    assert set(table.filter(pl.col("category_id") == new.id)["text"]) <= set(held["text"])
    assert guitar.id not in set(held["category_id"])
    assert here[guitar.id].count + new.count == before[guitar.id].count
    assert len(new.exemplars) == 3
    assert all("string" in each.quote or "violin bow" in each.quote for each in new.exemplars)
    cited = {(each.source, each.row) for each in (*here[guitar.id].exemplars, *here[guitar.id].border_cases)}
    assert not cited & set(table.filter(pl.col("category_id") == new.id).select("source", "row").iter_rows())
    assert (new.lineage.state, new.lineage.former, new.named_by) == ("split", (guitar.id,), "person")
    assert found.curation[0].records == new.count


def test_statements_of_cited_records_and_those_that_match_a_pattern_are_split_off(letters, matter):
    train = matter("train")
    table = letters.labels(subject(letters.publish())).filter(pl.col("category_id") == train.id)
    source, row, text = table.select("source", "row", "text").row(0)
    found = letters.publish(
        f"""
        decisions:
        - {{split_off: One letter, of: LetterText, from: {train.id}, rows: ['{source}:{row}', 'fy2020.csv:999999']}}
        - {{split_off: Ferries, of: LetterText, from: {train.id}, pattern: 'missed the ferr(y|ies)'}}
        """
    )

    names = {each.name: each.id for each in subject(found).categories}
    after = letters.labels(subject(found))
    assert set(after.filter(pl.col("category_id") == names["One letter"])["text"].str.to_lowercase()) == {text.lower()}
    ferries = after.filter(pl.col("category_id") == names["Ferries"])
    assert ferries.height > 5
    assert ferries["text"].str.contains("missed the ferry").all()
    assert found.curation[0].reason == "there is no such record with a text: fy2020.csv:999999"


def test_records_of_a_forbidden_category_are_other_and_counted(letters, matter, plain):
    bicycle, before = matter("bicycle"), by_id(subject(plain))
    found = letters.publish(f"decisions:\n- forbid: {bicycle.id}\n  of: LetterText\n")

    assert bicycle.id not in by_id(subject(found))
    assert subject(found).other == subject(plain).other + before[bicycle.id].count
    assert found.curation[0].records == before[bicycle.id].count
    table = letters.labels(subject(found))
    assert bicycle.id not in {*table["category_id"], *table["runner_up"].drop_nulls()}


def test_what_is_split_off_a_forbidden_category_is_published(letters, matter, plain):
    bicycle = matter("bicycle")
    found = letters.publish(
        f"""
        decisions:
        - {{split_off: Brakes, of: LetterText, from: {bicycle.id}, words: [brake]}}
        - {{forbid: {bicycle.id}, of: LetterText}}
        """
    )

    brakes = next(each for each in subject(found).categories if each.name == "Brakes")
    assert bicycle.id not in by_id(subject(found))
    assert brakes.count == found.curation[0].records > 0
    assert found.curation[1].records + brakes.count == by_id(subject(plain))[bicycle.id].count


def test_a_value_of_a_column_can_be_merged_and_forbidden_but_not_split(letters, plain):
    region = next(each for each in plain.dimensions if each.facet == "region")
    counts = {each.name.casefold(): each.count for each in region.categories}
    found = letters.publish(
        """
        decisions:
        - {merge: [North, South], of: region, to: North or South}
        - {forbid: East, of: region}
        - {split_off: Far north, of: region, from: North, words: [far]}
        """
    )

    region = next(each for each in found.dimensions if each.facet == "region")
    assert {each.name: each.count for each in region.categories} == {
        "North or South": counts["north"] + counts["south"]
    }
    assert region.other == counts["east"]
    assert [each.state for each in found.curation] == ["applied", "applied", "does_not_fit"]
    assert "there is no text" in found.curation[2].reason


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ("{rename: Ghost, of: LetterText, to: Spirit}", "there is no category “Ghost”"),
        ("{rename: North, of: Nowhere, to: Spirit}", "there is no dimension “Nowhere”"),
        ("{forbid: anything, of: babble}", "the dimension “Babble” has no categories"),
        ("{split_off: Ships, of: LetterText, from: FIRST, words: [submarine]}", "no record of “FIRST” is meant by it"),
        ("{merge: [FIRST, Ghost], of: LetterText}", "there is no category “Ghost”"),
        ("{pin: Ghost, of: LetterText}", "there is no category “Ghost”"),
    ],
)
def test_a_decision_that_does_not_fit_is_reported_and_changes_nothing(letters, matter, plain, decision, reason):
    first = matter("coffee")
    found = letters.publish(f"decisions:\n- {decision.replace('FIRST', first.id)}\n")

    (outcome,) = found.curation
    assert outcome.state == "does_not_fit"
    assert reason.replace("FIRST", first.name) in outcome.reason
    assert (outcome.records, outcome.categories) == (0, ())
    assert found.dimensions == plain.dimensions


def test_a_merge_goes_on_with_those_of_its_categories_that_are_left(letters, matter):
    coffee, garden = matter("coffee"), matter("garden")
    found = letters.publish(f"decisions:\n- {{merge: [{coffee.id}, Ghost, {garden.id}], of: LetterText, to: House}}\n")

    assert found.curation[0].state == "applied"
    assert "there is no category “Ghost”" in found.curation[0].reason
    assert by_id(subject(found))[coffee.id].name == "House"


def test_a_dimension_is_not_left_without_categories(letters):
    found = letters.publish(
        "decisions:\n" + "".join(f"- {{forbid: {each}, of: region}}\n" for each in ("North", "South", "East"))
    )

    assert [each.reason for each in found.curation] == ["no category of “Region” would be left"] * 3
    assert len(next(each for each in found.dimensions if each.facet == "region").categories) == 3


def test_decisions_that_contradict_each_other_under_different_spellings_are_an_error(letters, matter):
    coffee = matter("coffee")

    second, first = r"letters.curation.yaml: line 3, decisions\[1\]", r"line 2, decisions\[0\]"
    with pytest.raises(CurationError, match=f"{second}: forbid .* contradicts {first}, rename .* same category"):
        letters.publish(
            f"decisions:\n- {{rename: {coffee.id}, of: LetterText, to: Coffee}}\n- {{forbid: Coffee, of: LetterText}}\n"
        )


def test_equal_decisions_give_equal_bytes_and_one_run(letters, matter):
    yaml = f"decisions:\n- {{split_off: Beans, of: LetterText, from: {matter('coffee').id}, words: [beans]}}\n"
    letters.publish(yaml)
    before = letters.store.taxonomy_path.read_bytes()

    letters.publish(yaml, now="2030-01-01T00:00:00+00:00")

    assert letters.store.taxonomy_path.read_bytes() == before
    assert len(list((letters.store.folder / "taxonomy").iterdir())) == 1


def test_withdrawn_decisions_leave_nothing_behind(letters, matter, plain):
    letters.publish(f"decisions:\n- {{forbid: {matter('train').id}, of: LetterText}}\n")
    found = letters.publish()

    assert found.dimensions == plain.dimensions
    assert not list((letters.store.folder / "moved_labels").iterdir())
    assert OTHER not in {each.id for each in subject(found).categories}
