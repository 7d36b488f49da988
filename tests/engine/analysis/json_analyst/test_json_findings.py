import json
import random
from collections import Counter

import polars as pl
import pytest

from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.json_analyst.observing import observe
from tests.engine.analysis.json_analyst.json_partitions import assignment, lines, observed, prepare, summed


def said(root, records, **sections):
    """What is said of the records of a partition, added up over its batches."""
    store, dataset = prepare(root, {"events.jsonl": lines(records)}, **sections)
    return summed(observed(store, dataset, 50))


def stored(store):
    return pl.read_parquet(store.findings_path("all")).filter(analyst="json")


def events(count, seed=0):
    draw = random.Random(seed)
    keys = {"push": ("ref", "commits"), "fork": ("forkee",), "star": ("starred_at",)}
    for number in range(count):
        kind = draw.choice(sorted(keys))
        payload = dict.fromkeys(keys[kind], number)
        yield {"id": f"E{number:05}", "type": kind, "payload": payload}


def test_the_field_that_decides_the_shape_of_an_object_is_found_and_names_its_shapes(tmp_path):
    records = list(events(300))

    found = said(tmp_path, records)

    shapes = found["schema_variation", "$.payload"]
    kinds = Counter(record["type"] for record in records)
    assert shapes.distribution == Counter({f"type = {kind}": count for kind, count in kinds.items()})
    assert all("$.type decides the shape in 100.0 % of all" in summary for summary in shapes.summaries)
    assert "records have the same keys: id, payload, type" in found["schema_variation", "$"].summaries[0]


def test_a_field_that_goes_with_nothing_decides_nothing(tmp_path):
    draw = random.Random(3)
    records = [{"type": draw.choice("ab"), "it": {"x": 1} if draw.random() < 0.5 else {"y": 2}} for _ in range(300)]

    assert "decides" not in " ".join(said(tmp_path, records)["schema_variation", "$.it"].summaries)


def test_a_rare_shape_is_cited_and_a_shape_that_comes_late_is_counted_where_it_begins(tmp_path):
    records = [{"id": number, "name": f"n{number}"} for number in range(400)]
    records[333]["extra"] = True
    store, dataset = prepare(tmp_path, {"events.jsonl": lines(records)})

    found = [each for each in observed(store, dataset, 50) if (each.kind, each.scope) == ("schema_variation", "$")]

    first_seen = {each.batch: each.numbers["shapes_first_seen"] for each in found if each.numbers["shapes_first_seen"]}
    late = found[-2]
    assert first_seen == {0: 1, late.batch: 1}
    assert dict(late.distribution)["with extra"] == 1
    assert late.severity == "notice"
    (cited, *_) = late.evidence
    assert records[assignment(store, dataset, 50).windows[-1].start + cited.place] == records[333]


def test_batches_unlike_the_partition_say_so(tmp_path):
    records = [{"id": number, **({"late": 1} if number >= 900 else {})} for number in range(1200)]
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    found = summed(observed(store, dataset, 150))

    shapes, gaps = found["schema_variation", "$"].summaries, found["null_frequency", "$.late"].summaries
    assert shapes[-1].endswith("unlike the partition: usual 1 key 0.0 % here, 75.0 % in all")
    assert "filled in 0 of" in gaps[0]
    assert all(text.endswith("25.0 % in the whole partition") for text in (gaps[0], gaps[-1]))


def test_numbers_among_strings_that_read_like_numbers_are_a_warning(tmp_path):
    records = [{"id": n, "price": 5.5 if n % 3 else str(n)} for n in range(90)]
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    (found,) = [each for each in observed(store, dataset) if each.kind == "type_inconsistency"]

    assert dict(found.distribution) == {"string": 30, "number": 60}
    assert found.numbers == {"strings_like_numbers": 30}
    assert found.severity == "warning"
    assert "30 of the strings read like numbers" in found.summary


def test_integers_among_decimals_are_no_warning(tmp_path):
    records = [{"id": f"r{n}", "price": n if n % 4 == 0 else n + 0.5} for n in range(90)]
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    (found,) = [each for each in observed(store, dataset) if each.kind == "type_inconsistency"]

    assert found.severity == "info"
    assert "with and without fractions" in found.summary


def test_values_in_arrays_are_counted_element_by_element_and_long_tails_together(tmp_path):
    draw = random.Random(5)
    tags = [f"tag{number}" for number in range(100)]
    records = [{"id": n, "tags": draw.choices(tags, k=3), "ok": n % 2 == 0} for n in range(200)]

    found = said(tmp_path, records)

    expected = Counter(tag for record in records for tag in record["tags"])
    values = found["field_distribution", "$.tags[*]"]
    assert values.total == 600
    assert values.distribution.pop("(other values)") == 600 - values.distribution.total()
    assert len(values.distribution) == 64
    assert values.distribution.items() <= expected.items()
    assert found["field_distribution", "$.ok"].distribution == Counter({"true": 100, "false": 100})


def test_columns_that_only_recode_another_are_told_last_and_counted_in_the_overview(tmp_path):
    records = [{"id": n, **{f"url{k}": f"https://x.org/{k}/{n % 7}" for k in range(60)}} for n in range(70)]

    found = said(tmp_path, records)

    assert sum(kind == "field_distribution" for kind, _ in found) == 40
    assert found["nesting", "$"].numbers["untold_field_distribution"] == 20
    assert found["nesting", "$"].numbers["paths"] == 62


def test_outliers_are_counted_and_the_farthest_cited(tmp_path):
    draw = random.Random(2)
    records = [{"id": n, "steps": [{"ms": round(draw.gauss(100, 5), 2)} for _ in range(3)]} for n in range(200)]
    records[120]["steps"][1]["ms"] = 5000
    records[130]["steps"][1]["ms"] = -90000.5
    records[131]["steps"][1]["ms"] = -7000
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    (found,) = [each for each in observed(store, dataset) if each.kind == "outlier"]

    assert found.scope == "$.steps[*].ms"
    assert sorted(count for _, count in found.distribution) == [1, 2]
    assert [each.quote for each in found.evidence] == ['"ms":5000', '"ms":-90000.5']
    assert [each.place for each in found.evidence] == [120, 130]


def test_identifiers_codes_and_epochs_have_no_outliers(tmp_path):
    records = [{"id": 10 ** (n % 9), "zip": 10**n if n == 9 else n, "at": 1_600_000_000 + n**3} for n in range(90)]

    assert not [kind for kind, _ in said(tmp_path, records) if kind == "outlier"]


def test_an_identifier_that_occurs_twice_is_a_warning(tmp_path):
    records = [{"id": f"T-{n}", "n": n} for n in range(200)]
    records[150]["id"] = "T-3"
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    (found,) = [each for each in observed(store, dataset) if each.kind == "anomaly"]

    assert (found.scope, dict(found.distribution)) == ("$.id", {"identifier that occurs more than once": 2})
    assert found.severity == "warning"
    assert [each.quote for each in found.evidence] == ["T-3"]


def test_references_to_records_that_are_not_there_are_found(tmp_path):
    records = [{"id": f"T-{n}", "parent_id": f"T-{n // 2}" if n else None, "n": n} for n in range(200)]
    records[150]["parent_id"] = "T-999"

    found = said(tmp_path, records)

    assert found["anomaly", "$.parent_id"].distribution == Counter({"reference that is no $.id of the partition": 1})


def test_numbers_that_happen_to_be_numbers_of_records_are_no_references(tmp_path):
    records = [{"id": n, "color_id": n % 50 if n != 60 else 7777} for n in range(200)]

    assert not [scope for kind, scope in said(tmp_path, records) if kind == "anomaly"]


def test_keys_that_differ_only_in_spelling_are_found_unless_an_object_has_both(tmp_path):
    records = [{"id": n, "userName" if n % 20 else "user_name": "x", "url": "a", "URL": "b"} for n in range(100)]

    found = said(tmp_path, records)

    assert found["anomaly", "$.user_name"].distribution == Counter({"key that is mostly written 'userName'": 5})
    assert [scope for kind, scope in found if kind == "anomaly"] == ["$.user_name"]


def test_a_timestamp_out_of_order_and_one_in_another_format_are_found_also_between_batches(tmp_path):
    records = [{"id": f"r{n}", "at": f"2024-05-{1 + n // 24:02}T{n % 24:02}:00:00Z"} for n in range(240)]
    records[100]["at"] = "2024-05-01T00:00:00Z"
    records[101]["at"] = 1_715_000_000
    records[102]["at"] = "06/05/2024"

    for size in (7, 2000):
        folder = tmp_path / str(size)
        folder.mkdir()
        store, dataset = prepare(folder, {"a.jsonl": lines(records)})
        found = summed(observed(store, dataset, size))
        assert found["anomaly", "$.at"].distribution == Counter(
            {
                "timestamp earlier than the one before": 1,
                "date that is no ISO timestamp": 2,
                "integer, a type rare here": 1,
            }
        )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["1f0e3c2a-5b6d-4c7e-8f90-a1b2c3d4e5{:02x}"], "UUID"),
        (["task--1f0e3c2a-5b6d-4c7e-8f90-a1b2c3d4e5{:02x}"], "name and UUID"),
        (["https://example.org/{}"], "URL"),
        (["ann{}@example.org"], "e-mail address"),
        (["2024-05-06T07:08:{:02}+02:00"], "ISO timestamp"),
        (["2024-05-{:02}"], "ISO date"),
        (["10.0.0.{}"], "IPv4 address"),
        (["v1.{}.0-rc1"], "semantic version"),
        (["ec26c3e57ca3a959ca5aad62de7213c562f8c{:03x}"], "hexadecimal number"),
        (["00{}"], "whole number"),
        (["{},5"], "decimal number"),
    ],
)
def test_formats_of_strings_are_known_and_exceptions_cited(tmp_path, values, name):
    records = [{"n": number, "it": values[0].format(number + 10)} for number in range(20)]
    records[7]["it"] = "none of these"
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    (found,) = [each for each in observed(store, dataset) if (each.kind, each.scope) == ("pattern", "$.it")]

    assert dict(found.distribution) == {name: 19, "(other)": 1}
    assert found.evidence[0].quote == "none of these"


def test_a_constant_is_told_once_and_is_cited_by_another_cell(tmp_path):
    records = [{"id": f"r{n}", "kind": "5"} for n in range(30)]
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(records)})

    (found,) = [each for each in observed(store, dataset) if each.scope == "$.kind"]

    assert (found.kind, dict(found.distribution)) == ("pattern", {"5": 30})
    assert found.evidence[0].column == "id"


def test_ignored_columns_and_what_is_below_ignored_paths_leave_no_trace(tmp_path):
    records = [
        {
            "id": f"r{n}",
            "ssn": f"secret-{n}",
            "user": {"name": "n", "phone": f"secret{n}"},
            "steps": [{"type": "a", "mail": f"secret@{n % 3}.org"}, {"deep": {"mail": "secret"}}],
            "by_phone": {f"secret{n}": 1},
            "account": {"owner": {"name": f"secret {n}"}, "open": None},
        }
        for n in range(60)
    ]
    store, dataset = prepare(
        tmp_path,
        {"a.jsonl": lines(records)},
        columns={"ignore": ["ssn", "*phone", "steps*mail", "steps*deep", "account"]},
    )

    findings.materialise(store, dataset, "all")

    text = json.dumps(stored(store).to_dicts(), default=str)
    for word in ("secret", "ssn", "phone", "mail", "deep", "account", "owner"):
        assert word not in text
    assert "$.steps[*].type" in stored(store)["scope"].to_list()


def test_records_of_other_content_are_left_alone(tmp_path):
    files = {
        "a.jsonl": lines([{"id": n, "state": "open" if n % 3 else "closed"} for n in range(90)]),
        "b.csv": "id,state\n" + "".join(f"{n},gone\n" for n in range(90)),
        "notes.md": "# Title\n\nA paragraph of words.\n",
    }
    store, dataset = prepare(tmp_path, files)

    found = summed(observed(store, dataset, 40))
    findings.materialise(store, dataset, "all")

    assert found["field_distribution", "$.state"].distribution == Counter({"open": 60, "closed": 30})
    assert found["nesting", "$"].total == 90
    cited = {each["source"] for row in stored(store)["citations"] for each in row}
    assert cited == {"a.jsonl"}


def test_a_partition_without_json_has_nothing_to_say(tmp_path):
    store, dataset = prepare(tmp_path, {"b.csv": "id,state\n" + "".join(f"{n},x{n % 2}\n" for n in range(90))})

    findings.materialise(store, dataset, "all")

    assert stored(store).is_empty()


@pytest.mark.parametrize(
    "content",
    [
        lines([n % 5 for n in range(50)]),
        lines([[n, "a", None] for n in range(50)]),
        lines([[n] * (n % 4) for n in range(50)]),
        lines([None, "x", 5, True, [], {}, {"a": 1}] * 10),
        json.dumps({"whole": {"document": {"a": [1, 2, {"b": [None]}]}}, "n": 5}),
        json.dumps({"events": [{"value": n, "key": "k"} for n in range(30)], "count": 30, "value": {}}),
        json.dumps({f"id{n}": {"name": f"n{n}", "size": n % 3} for n in range(40)}),
        json.dumps([{"counts": {f"2024-{n}-{k}": k for k in range(5)}, "n": n} for n in range(300)]),
        json.dumps([json.loads("[" * 100 + "1" + "]" * 100), {"a": json.loads('{"a":' * 90 + "null" + "}" * 90)}]),
        json.dumps({"huge": {f"key {n} 'quoted'": {"deep": [n]} for n in range(3000)}}),
    ],
    ids=["scalars", "tuples", "lists", "anything", "document", "wrapped", "entries", "maps", "deep", "huge"],
)
def test_every_form_of_records_is_told_and_every_citation_is_found(tmp_path, content):
    suffix = "json" if content[-1] != "\n" else "jsonl"
    store, dataset = prepare(tmp_path, {f"a.{suffix}": content}, format=suffix)

    summary = findings.materialise(store, dataset, "all")

    overview = stored(store).filter((pl.col("type") == "nesting") & (pl.col("scope") == "$"))
    assert overview["total"].sum() == store.manifest("all").rows
    assert summary.citations == summary.verified > 0


def test_equal_input_gives_equal_findings(tmp_path):
    records = list(events(500))
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store, dataset = prepare(tmp_path / name, {"a.jsonl": lines(records)})
        findings.materialise(store, dataset, "all")
        texts.append(store.findings_path("all").read_bytes())

    assert texts[0] == texts[1]


def test_windows_come_in_order_and_what_is_said_in_the_order_of_storing(tmp_path):
    store, dataset = prepare(tmp_path, {"a.jsonl": lines(list(events(500)))})
    given = assignment(store, dataset, 50)

    pairs = list(observe(given))

    assert [window for window, _ in pairs] == list(given.windows)
    assert all(found == sorted(found, key=lambda each: each.order) for _, found in pairs)
