from rlm_pipeline.synthesis import merge
from tests.engine.synthesis.framed import cite, finding, gathered, read, verdict


def conflicts(*rows):
    found = merge.merge([gathered(rows)], dataset="desk").conflicts
    return [each for each in found if each.between in {"readings", "model and code"}]


def test_a_record_confirmed_and_dismissed_is_a_conflict_with_both_reasons_and_the_record():
    confirmed = verdict("confirmed", "input reaches eval", row=7)
    dismissed = verdict("dismissed", "the input is a constant", row=7, model="m-2")

    (found,) = conflicts(confirmed, dismissed)

    assert (found.kind, found.between, found.scope, found.q) == ("verdict", "readings", "function:f", None)
    assert [(side.where, side.shows) for side in found.sides] == [
        ("m-1", "confirmed: 'confirmed: input reaches eval'"),
        ("m-2", "dismissed: 'dismissed: the input is a constant'"),
    ]
    assert [[each.row for each in side.citations] for side in found.sides] == [[7], [7]]
    assert found.effect == 1.0


def test_verdicts_about_different_records_do_not_contradict():
    assert conflicts(verdict("confirmed", "one", row=7), verdict("dismissed", "other", row=8)) == []


def test_a_dismissal_contradicts_what_code_noted_there():
    noted = finding(total=12, severity="warning")
    said = [verdict("dismissed", "a constant", row=2), verdict("confirmed", "user input", row=3)]

    (found,) = conflicts(noted, *said)

    assert (found.kind, found.between) == ("verdict", "model and code")
    assert found.sides[0].shows == "12 records noted, warning"
    assert found.sides[1].shows == "1 of 2 verdicts dismiss it: 'dismissed: a constant'"
    assert found.effect == 0.5
    assert all(side.citations for side in found.sides)


def test_a_dismissal_of_what_code_did_not_note_is_no_conflict():
    assert conflicts(finding(scope="function:g"), verdict("dismissed", "a constant")) == []


def test_the_same_words_as_warning_and_as_information_are_a_conflict():
    words = (
        "SQL is built by string concatenation from user input",
        "The SQL query concatenates user input in a string",
    )

    (found,) = conflicts(read(words[0], severity="warning"), read(words[1], severity="info"))
    (same,) = conflicts(read(words[0], severity="warning"), read(words[0], severity="info"))

    assert found.kind == same.kind == "severity"
    assert [side.shows.partition(":")[0] for side in found.sides] == ["warning", "info"]
    assert conflicts(read(words[0], severity="warning"), read("Nothing is cached", severity="info")) == []
    assert conflicts(read(words[0], severity="warning"), read(words[1], severity="notice")) == []


def test_a_share_that_is_not_the_counted_one_is_a_conflict():
    counted = finding("text", "pattern", "level", distribution={"ERROR": 120, "INFO": 880}, total=1000)

    (found,) = conflicts(counted, read("About 40 % of the entries are ERROR", "text", "insight", "level"))

    assert found.kind == "figure"
    assert found.sides[0].shows == "'ERROR' in 12.0 % of 1,000"
    assert found.effect == 0.28
    assert conflicts(counted, read("About 10 % of the entries are ERROR", "text", "insight", "level")) == []
    assert conflicts(counted, read("About 40 % of the entries are ERROR", "text", "insight", "other")) == []
    assert conflicts(counted, read("About 40 % are ERROR or INFO", "text", "insight", "level")) == []


def test_ids_do_not_depend_on_counts():
    few = conflicts(finding(total=12), verdict("dismissed", "a constant"))
    many = conflicts(finding(total=99), verdict("dismissed", "a constant"), verdict("dismissed", "a literal", row=2))

    assert [each.id for each in few] == [each.id for each in many]


def test_years_that_count_differently_are_compared_for_specialists_too():
    parts = [
        gathered([finding("text", "pattern", "level", distribution=counts, citations=[cite("app.log", 3)])], year)
        for year, counts in (("FY2010", {"ERROR": 30, "INFO": 970}), ("FY2011", {"ERROR": 700, "INFO": 300}))
    ]

    (found,) = merge.merge(parts, dataset="desk").conflicts

    assert (found.analyst, found.scope, found.kind, found.between) == ("text", "level", "dominant_value", "partitions")
    assert found.summary == (
        "level (text pattern): FY2011 has 'ERROR' in 70.0 %, FY2010 has 'ERROR' in 3.0 % and mostly 'INFO' (97.0 %)"
    )
    assert [side.citations[0].partition for side in found.sides] == ["FY2011", "FY2010"]
