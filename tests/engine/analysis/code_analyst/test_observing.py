"""What the code analyst says of a repository: where, how often, and that nothing is lost or told twice."""

from collections import Counter

import polars as pl
import pytest

from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.code_analyst import observing, stretches
from rlm_pipeline.sources.code.definitions import definitions
from tests.engine.analysis.code_analyst.repository import SMALL, assignment, stored


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("small"), SMALL)


@pytest.fixture(scope="module")
def found(small):
    store, config = small
    summary = findings.materialise(store, config, "all")
    return summary, pl.read_parquet(store.findings_path("all")).filter(pl.col("analyst") == "code")


def one(found: pl.DataFrame, kind: str, scope: str) -> dict:
    (row,) = found.filter((pl.col("type") == kind) & (pl.col("scope") == scope)).to_dicts()
    return row


def counts(row: dict) -> dict[str, int]:
    return {each["value"]: each["count"] for each in row["distribution"]}


def test_every_citation_of_a_repository_is_verified(found):
    summary, code = found

    assert summary.verified == summary.citations > 0
    assert code["citations"].list.len().min() >= 1
    assert code.explode("citations").unnest("citations")["verified"].all()


def test_a_weakness_is_told_of_its_function_with_the_line_that_shows_it(found):
    row = one(found[1], "vulnerability", "app/web.py function:show")

    assert counts(row) == {"CWE-78 os-command": 2}
    assert (row["total"], row["severity"], row["confidence"]) == (1, "warning", 0.9)
    assert row["summary"].endswith("(CWE-78 os-command; 2 times): app/web.py, lines 6, 7")
    assert [each["quote"] for each in row["citations"]] == ["os.system('echo ' + name)", "os.system('date ' + name)"]
    assert {each["source"] for each in row["citations"]} == {"app/web.py"}


def test_scopes_are_those_of_the_definitions(found):
    _, code = found

    assert one(code, "vulnerability", "app/db.py function:load")["distribution"][0]["value"] == "CWE-89 sql-built"
    assert one(code, "performance", "app/db.py method:Users.names")["distribution"][0]["value"] == "query-in-loop"
    assert one(code, "bug", "app/web.py function:show")["distribution"][0]["value"] == "mutable-default"
    assert one(code, "vulnerability", "static/page.js function:show")["severity"] == "warning"
    assert one(code, "vulnerability", "native/copy.c function:copy")["distribution"][0]["value"] == "CWE-120 strcpy"


def test_the_batch_is_told_how_often_each_weakness_is_in_it(found):
    row = one(found[1], "vulnerability", "*")

    assert counts(row) == {
        "CWE-78 os-command": 2,
        "CWE-120 strcpy": 1,
        "CWE-79 markup-of-text": 1,
        "CWE-89 sql-built": 1,
    }
    assert row["total"] == 4


def test_the_sources_that_import_each_other_are_told_and_the_circle_once(found):
    _, code = found

    assert counts(one(code, "dependency", "app/web.py module")) == {"os": 1, "app/db.py": 1}
    assert counts(one(code, "dependency", "app/db.py module")) == {"sqlite3": 1, "app/web.py": 1}
    circles = code.filter((pl.col("type") == "antipattern") & (pl.col("scope") != "*"))
    assert circles["summary"].to_list() == [
        "Sources import each other in a circle: app/db.py -> app/web.py -> app/db.py (import-cycle): app/db.py, line 3"
    ]


def test_what_a_module_offers_and_what_nothing_names(found):
    _, code = found

    assert counts(one(code, "api_surface", "app/db.py module")) == {"function": 1, "class": 1, "method": 1}
    dead = code.filter((pl.col("type") == "dead_code") & (pl.col("scope") != "*"))
    assert dead["scope"].to_list() == ["app/db.py function:_old", "native/copy.c function:copy"]


def test_functions_are_counted_by_complexity(found):
    row = one(found[1], "complexity", "*")

    assert counts(row) == {"1-4": 6}
    assert row["numbers"] == '{"complexity":7,"lines":18}'


def summed(small, batch_records: int, window_batches: int) -> Counter[tuple[str, str, str]]:
    store, config = small
    given = assignment(store, config, batch_records=batch_records, window_batches=window_batches)
    total: Counter[tuple[str, str, str]] = Counter()
    for _, said in observing.observe(given):
        for each in said:
            assert each.evidence
            for value, count in each.distribution:
                total[each.kind, each.scope, value] += count
            total[each.kind, each.scope, "records"] += each.total
    return total


@pytest.mark.parametrize(("batch_records", "window_batches"), [(1, 1), (2, 3), (4, 1), (1, 100)])
def test_counts_of_all_batches_add_up_to_those_of_the_partition(small, batch_records, window_batches):
    assert summed(small, batch_records, window_batches) == summed(small, 1000, 1)


def test_the_same_input_says_the_same(small):
    store, config = small
    given = assignment(store, config, batch_records=3, window_batches=2)

    first, second = ([said for _, said in observing.observe(given)] for _ in range(2))

    assert first == second


def test_windows_come_in_order_each_once_also_without_code(tmp_path):
    store, config = stored(tmp_path, {"a.py": "x = 1\n", "b.txt": "Nothing here is code.\n\nNor here.\n"})
    given = assignment(store, config, batch_records=1, window_batches=1)

    assert [window for window, _ in observing.observe(given)] == list(given.windows)


def test_modes_that_are_not_asked_for_say_nothing(tmp_path):
    store, config = stored(tmp_path, SMALL, "analysis: {code_modes: [security]}\n")
    given = assignment(store, config, batch_records=1000, window_batches=1)

    kinds = {each.kind for _, said in observing.observe(given) for each in said}

    assert kinds == {"vulnerability"}


def test_a_source_is_looked_at_as_a_whole_and_cut_between_records_where_it_is_long(small, monkeypatch):
    store, config = small
    given = assignment(store, config, batch_records=1, window_batches=1)
    whole = {each.source: each.text for each in stretches.stretches(given)}

    assert whole["app/db.py"] == SMALL["app/db.py"]

    monkeypatch.setattr(stretches, "MOST_JOINED", 60)
    parts = [each for each in stretches.stretches(given) if each.source == "app/db.py"]
    assert len(parts) > 2
    assert "".join(each.text for each in parts) == SMALL["app/db.py"]
    assert [part.line for each in parts for part in each.parts] == [1, 6, 11, 15, 18]


def test_a_source_too_hard_to_parse_as_a_whole_is_looked_at_record_by_record(small, monkeypatch):
    store, config = small
    given = assignment(store, config, batch_records=1000, window_batches=1)
    (stretch,) = (each for each in stretches.stretches(given) if each.source == "app/web.py")
    whole = observing.inspected(stretch, ("security",))
    real = observing.inspect

    def of_parts_alone(text, *rest):
        return real("" if text == stretch.text else text, *rest) if text != stretch.text else unparsed

    unparsed = real("", "fortran", ("security",))
    monkeypatch.setattr(observing, "inspect", of_parts_alone)

    assert observing.inspected(stretch, ("security",)).hits == whole.hits


def test_names_that_look_like_places_of_a_sentence_do_no_harm(tmp_path):
    store, config = stored(tmp_path, {"{counts}.py": "import os\n\n\ndef f():\n    return os.name\n"})

    findings.materialise(store, config, "all")
    code = pl.read_parquet(store.findings_path("all")).filter(pl.col("analyst") == "code")

    assert one(code, "dependency", "{counts}.py module")["total"] == 1


def test_definitions_of_a_broken_source_are_all_looked_at():
    broken = "def f(:\n    eval(x)\n\n\ndef g(name):\n    os.system(name)\n"

    assert len(definitions(broken, "python")) >= 2
    labels = {hit.label for hit in observing.inspect(broken, "python", ("security",)).hits}
    assert labels == {"CWE-94 code-evaluated", "CWE-78 os-command"}
