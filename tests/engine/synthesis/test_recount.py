"""Real files of every kind of content, read, analysed and merged; every merged number counted again by polars."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.findings import WITHOUT_MODEL
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store
from rlm_pipeline.synthesis import merge

REPOSITORY = Path(__file__).parents[3]
YEARS = ("FY2010", "FY2011")
KEY = ["analyst", "type", "scope"]
CODE = '''"""Tools."""
import subprocess


def run(command):
    return subprocess.run(command, shell=True)


def evaluate(text):
    return eval(text)


class Store:
    def find(self, cursor, name):
        cursor.execute("SELECT * FROM people WHERE name = '%s'" % name)
        return cursor.fetchall()
'''


def log(year, lines):
    for place in range(lines):
        fails = 100 <= place < 130 or place % 40 == 0
        level, said = (
            ("ERROR", f"cannot reach host 10.0.0.{place % 9}") if fails else ("INFO", f"request {place} served")
        )
        yield f"{year}-03-{1 + place // 60 % 28:02d} 10:{place % 60:02d}:00,000 {level} worker.Pool: {said}\n"


def nested(lines):
    for place in range(lines):
        event = {
            "id": place if place % 10 else f"x{place}",
            "kind": ["open", "closed"][place % 2],
            "labels": [{"n": 1}],
        }
        yield json.dumps(event if place % 7 else {**event, "extra": None}) + "\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixed")
    files = folder / "files"
    files.mkdir()
    for year in (2010, 2011):
        (files / f"app_fy{year}.log").write_text("".join(log(year, 300 + year % 7)))
        (files / f"tools_fy{year}.py").write_text(CODE)
        (files / f"events_fy{year}.jsonl").write_text("".join(nested(150)))
        rows = "".join(f"{place},{['red', 'blue'][place % 3 == 0]}\n" for place in range(90))
        (files / f"table_fy{year}.csv").write_text("number,colour\n" + rows)
        (files / f"guide_fy{year}.md").write_text(
            "# Guide\n\nA worker is a process that serves.\n\n## Setup\n\nSee RFC 793.\n"
        )
    (folder / "mixed.yaml").write_text(
        "name: mixed\nsource: files/*\npartition: {by: filename, pattern: 'fy(?P<year>\\d{4})'}\n"
        "chunking: {size: 600}\n"
    )
    config = configuration.load(folder / "mixed.yaml")
    made = Store(folder / "store").dataset("mixed")
    for year in YEARS:
        for stage in (raw_file, columns, pairs, chunks, findings, merge):
            stage.materialise(made, config, year)
    return made


def by_specialists(store, years=YEARS):
    every = pl.concat(
        pl.read_parquet(store.findings_path(year)).with_columns(year=pl.lit(year)) for year in years
    )  # fmt: skip
    return every.filter((pl.col("analyst") != "data") & (pl.col("model") == WITHOUT_MODEL))


def test_every_kind_of_content_has_findings_of_its_analyst(store):
    merged = merge.merge_all(store, YEARS)

    assert {each.analyst for each in merged.specialists} == {"code", "json", "text"}
    assert merged.records == sum(store.manifest(year).rows for year in YEARS)
    assert merged.findings == sum(pl.read_parquet(store.findings_path(year)).height for year in YEARS)


def test_merged_numbers_of_specialists_equal_a_count_of_the_stored_findings(store):
    merged = merge.of_partitions(store, YEARS)
    stored = by_specialists(store)

    counted = stored.group_by(KEY).agg(pl.len(), pl.col("total").sum(), pl.col("confidence").mean()).sort(KEY)
    found = [(each.analyst, each.type, each.scope, each.findings, each.total) for each in merged.specialists]
    assert found == counted.select(*KEY, "len", "total").rows()
    assert [each.confidence for each in merged.specialists] == pytest.approx(counted["confidence"].to_list(), abs=1e-6)
    values = stored.explode("distribution").unnest("distribution").drop_nulls("value")
    by_value = values.group_by(*KEY, "year", "value").agg(pl.col("count").sum()).sort(*KEY, "year", "value").rows()
    assert by_value == [
        (each.analyst, each.type, each.scope, year, value, count)
        for each in merged.specialists
        for year, counts in sorted(each.distribution_by_partition.items())
        for value, count in sorted(counts.items())
    ]
    for each in merged.specialists:
        mine = stored.filter(*(pl.col(name) == getattr(each, name) for name in KEY))
        for name, number in each.numbers.items():
            given = (json.loads(text).get(name, 0) for text in mine["numbers"])
            assert sum(given) == number


def test_what_is_merged_of_a_log_equals_a_count_of_its_records(store):
    merged = merge.of_partitions(store, YEARS)

    for year in YEARS:
        records = store.scan_records(year).filter(pl.col("_source").str.ends_with(".log")).collect()
        levels = dict(records["level"].value_counts().iter_rows())
        of_year = [
            each for each in merged.specialists if each.scope.startswith("levels") and each.total_by_partition.get(year)
        ]
        assert [each.distribution_by_partition[year] for each in of_year] == [levels]
        assert [each.total_by_partition[year] for each in of_year] == [records.height]


def test_partitions_merged_in_any_grouping_are_the_same_bytes(store):
    first, second = (merge.load(store, year) for year in YEARS)
    empty = merge.merge([], dataset="mixed")

    def text(found):
        return json.dumps(found.model_dump(mode="json"), sort_keys=True)

    one = merge.merge([first, second], dataset="mixed")
    other = merge.merge([merge.merge([second, empty], dataset="mixed"), first], dataset="mixed")
    assert text(one) == text(other)
    assert {theme.analyst for theme in one.themes} >= {"data", "text"}


def documented():
    """For each analyst the types of findings that the page lists, made by code and by a model."""
    page = (REPOSITORY / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if re.match(r"\| `(data|json|code|text)` \|", line)]
    return {row[1].strip(" `"): tuple(set(re.findall(r"`(\w+)`", cell)) for cell in row[3:5]) for row in rows}


def test_every_type_of_finding_is_documented(store):
    found = pl.concat(pl.read_parquet(store.findings_path(year)) for year in YEARS)
    pages = documented()

    for analyst, kind in found.select("analyst", "type").unique().iter_rows():
        assert kind in pages[analyst][0], (analyst, kind)


@pytest.mark.parametrize("analyst", ["data", "json", "code", "text"])
def test_the_types_a_model_may_find_are_those_of_its_prompt(analyst):
    prompt = (REPOSITORY / "configs" / "analysts" / f"{analyst}.md").read_text(encoding="utf-8")
    made_by_code, said = documented()[analyst]

    given = re.search(r"^types: \[(.*)\]$", prompt, re.MULTILINE)[1].split(", ")
    assert set(given) == (said or made_by_code)
