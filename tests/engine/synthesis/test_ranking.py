import pytest
from hypothesis import given, settings

from rlm_pipeline.analysis import findings
from rlm_pipeline.synthesis import merge, ranking
from tests.engine.analysis.prepared import config, prepare
from tests.engine.synthesis.framed import YEARS, finding, gathered, read, stored, verdict
from tests.engine.synthesis.made import column


def ranked(*rows, records=100):
    merged = merge.merge([gathered(rows)], dataset="desk")
    totals = {"all": merged.partitions["all"].model_copy(update={"records": records})}
    return ranking.rank(merged.model_copy(update={"partitions": totals}))


def test_the_score_is_what_is_documented():
    rows = [finding(scope=f"function:f{place}", kind="pattern") for place in range(3)]
    rows.append(finding(scope="function:f0", severity="notice", confidence=0.5, total=40))

    first = ranked(*rows)[0]

    breadth, unexpectedness = 40 / 100, 1 - 1 / 3
    assert first.score == pytest.approx(0.6 * 0.5 * (1 + breadth**0.5 + unexpectedness) / 3, abs=1e-6)
    assert first.why == "notice; 40 of 100 records (40.0 %); confidence 0.50; 1 of 3 scopes has it"


def test_the_severe_the_broad_the_sure_and_the_rare_come_first():
    def order(one, other):
        found = ranked(one, other)
        return [each.scope for each in found]

    assert order(finding(scope="a", severity="notice"), finding(scope="b", severity="warning"))[0] == "b"
    assert order(finding(scope="a", total=2), finding(scope="b", total=90))[0] == "b"
    assert order(finding(scope="a", confidence=0.3), finding(scope="b"))[0] == "b"
    common = [finding(scope=f"s{place}") for place in range(9)]
    assert ranked(*common, finding(scope="s0", kind="rare"))[0].type == "rare"


def test_what_is_repeated_in_other_words_is_ranked_once_with_all_its_records():
    words = (
        "SQL is built by string concatenation from user input",
        "The SQL query concatenates user input into the string",
    )

    (found,) = ranked(read(words[0], total=3, severity="notice"), read(words[1], total=4))

    assert (found.total, found.severity) == (7, "notice")
    assert "said 2 times" in found.why


def test_a_dismissal_is_for_information():
    (found,) = ranked(verdict("dismissed", "a constant", severity="warning"))

    assert found.severity == "info"


def test_columns_and_pairs_are_ranked_with_the_rest(tmp_path):
    status = [["open", "closed"][place % 2] for place in range(400)]
    store = prepare(tmp_path, {"status": status, "copy": [each.upper() for each in status]})
    findings.materialise(store, config(), "all")

    merged = merge.materialise(store, config(), "all")

    assert {(each.of, each.type, each.scope) for each in merged.top} >= {
        ("column", "distribution", "status"),
        ("pair", "correlation", "copy x status"),
    }
    pair = next(each for each in merged.top if each.of == "pair")
    assert pair.why.endswith("1 of 1 pairs of columns has it")
    assert all(each.citations for each in merged.top)


def test_empty_cells_and_outliers_are_a_notice():
    said = column("amount", "all", {}, [1.0, 2.0, 900.0])
    merged = merge.merge([gathered([])], dataset="desk").model_copy(update={"columns": (said,)})

    severities = {each.type: each.severity for each in ranking.rank(merged)}

    assert severities == {"outlier": "notice", "summary_stat": "info", "pattern": "info"}


@settings(max_examples=60, deadline=None)
@given(stored())
def test_every_finding_is_ranked_between_nothing_and_one(rows):
    parts = [gathered([row for year, row in rows if year == one], one) for one in YEARS]
    merged = merge.merge(parts, dataset="desk")

    found = ranking.rank(merged)

    assert all(0 <= each.score <= 1 for each in found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    grouped = sum(len(group.members) - 1 for group in merged.repetitions)
    assert len(found) == len(merged.specialists) + len(merged.readings) - grouped
    assert len({each.id for each in found}) == len(found)
