"""Every stage, from files with planted personal data to the report: none of it is in any file of the dataset."""

import json
import re

import polars as pl
import pytest

from rlm_pipeline.analysis import findings
from rlm_pipeline.analysis.reading import stage as readings
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.configuration import DatasetConfig, Discovery, Embedding, PartitionRule
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.report import page
from rlm_pipeline.retrieval import embeddings, lexical, vector_index
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.redaction import secret
from rlm_pipeline.store import Store
from rlm_pipeline.synthesis import merge
from rlm_pipeline.taxonomy import dimensions, labels, published
from tests.engine.sources.redaction.planted import VALUES
from tests.engine.taxonomy.letters import letters

YEARS = ("FY2020", "FY2021", "FY2022")
VALUE_OF = {
    kind: [re.sub(r"^[A-Za-z. ]+[: ]+(?=[0-9])", "", value) for value in values] for kind, values in VALUES.items()
}
ROWS = 160

PERSON, NUMBER = "jane.doe@example.com", "4155552671"


def csv(year, seed):
    texts, _ = letters(ROWS, seed=seed)
    planted = [value.replace("\n", " ") for values in VALUES.values() for value in values]
    rows = ["id,letter,status,writer,home phone,details"]
    for number, text in enumerate(texts):
        value = planted[number % len(planted)]
        details = json.dumps([{"mail": value, "n": number}]).replace('"', '""')
        status = PERSON if number % 3 else "closed"
        rows.append(f'{number},"{text} {value}",{status},{value if "," not in value else ""},{NUMBER},"{details}"')
    return "\n".join([*rows, f'"broken by {PERSON}" here, 1, 2', ""])


def files(year, seed):
    """One file of every kind, with every value in it."""
    values = [value for every in VALUES.values() for value in every]
    flat = [value.replace("\n", " ") for value in values]
    objects = [
        {"who": value, "list": [value, {"phone": int(NUMBER)}], value: 1, "of": {value: {"a": 1}}} for value in flat
    ]
    messages = [
        f"message {number} of {value} sent by {PERSON} to bob{number}@example.com" for number, value in enumerate(flat)
    ]
    functions = [
        f'def step_{number}():\n    """{value}."""\n    return "{value}"\n\n\n' for number, value in enumerate(flat)
    ]
    settings = [f'k{number}: "{value}"\n' for number, value in enumerate(flat)]
    head = f"From: Jane <{PERSON}>\nTo: bob@example.org\nSubject: {flat[3]}\nMIME-Version: 1.0\n"
    return {
        f"letters_{year}.csv": csv(year, seed),
        f"people_{year}.jsonl": "".join(json.dumps(each) + "\n" for each in objects) + f'{{"broken": "{PERSON}\n',
        f"app_{year}.log": "".join(f"{year[2:]}-05-01 10:00:00 INFO mail: {message}\n" for message in messages),
        f"notes_{year}.md": "".join(
            f"## About {line}\n\nWrite to {value} soon.\n\n" for line, value in zip(flat, values, strict=True)
        ),
        f"tool_{year}.py": "".join(functions),
        f"mail_{year}.eml": f"{head}Content-Type: text/plain; charset=utf-8\n\n" + "\n\n".join(values) + "\n",
        f"app_{year}.yaml": f"owner: {PERSON}\nphone: {NUMBER}\n" + "".join(settings),
        f"{PERSON}_{year}.txt": "".join(f"{value}\n\n" for value in values),
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("redacted")
    (folder / "source").mkdir()
    for seed, year in enumerate(YEARS):
        for name, content in files(year.lower(), seed).items():
            (folder / "source" / name).write_text(content, encoding="utf-8")
    config = DatasetConfig(
        name="mine",
        source=str(folder / "source"),
        partition=PartitionRule(by="filename", pattern=r"fy(?P<year>\d{4})"),
        redact=True,
        embedding=Embedding(search="static", discovery="static"),
        discovery=Discovery(max_statements=400),
    )
    store = Store(folder / "root").dataset("mine")
    store.register(config)
    for year in YEARS:
        for stage in (raw_file, columns, pairs, chunks, embeddings, lexical, findings):
            stage.materialise(store, config, year)
        readings.materialise(store, config, year, ledger=Ledger(folder / "root" / "ledger.sqlite"))
        merge.materialise(store, config, year)
    schema.materialise(store, config, YEARS)
    vector_index.build_index(store, config)
    dimensions.materialise(store, config, YEARS)
    for year in YEARS:
        labels.materialise(store, config, year)
    published.materialise(store, config, YEARS, generated_at="2024-01-01T00:00:00+00:00")
    page.materialise(store)
    return store, config


def forbidden():
    """What of the planted values must not be found: as they are written, and bare."""
    values = {value for every in VALUE_OF.values() for value in every} | {PERSON, NUMBER, "bob@example.org"}
    bare = {re.sub(r"[^0-9A-Za-z]", "", value) for value in values}
    users = {value.partition("@")[0] for value in values if "@" in value}
    return {value.lower() for value in values | {each for each in bare | users if len(each) > 6}}


def texts_of(path):
    """All that a file has, as text."""
    if path.suffix == ".parquet":
        yield " ".join(pl.read_parquet_schema(path))
        for column in pl.read_parquet(path).iter_columns():
            if column.dtype == pl.Binary:
                yield b"\n".join(column.drop_nulls().to_list()).decode(errors="replace")
            elif column.dtype == pl.String:
                yield "\n".join(column.drop_nulls().to_list())
            elif column.dtype.is_nested():
                yield json.dumps(column.to_list(), ensure_ascii=False, default=str)
    yield path.read_bytes().decode("latin-1")
    yield path.read_bytes().decode("utf-8", "replace")


def test_no_file_of_the_dataset_has_a_planted_value(made):
    store, _ = made
    sought = re.compile("|".join(sorted(map(re.escape, forbidden()), key=len, reverse=True)))
    found = []
    paths = [path for path in store.folder.rglob("*") if path.is_file()]
    for path in paths:
        for text in texts_of(path):
            found += [(path.relative_to(store.folder).as_posix(), match[0]) for match in sought.finditer(text.lower())]

    assert len(paths) > 60
    assert not sorted(set(found))
    assert not [path for path in paths if sought.search(path.name.lower())]


def test_no_index_gives_a_planted_value_out(made):
    import lancedb
    import tantivy

    store, _ = made
    sought = re.compile("|".join(sorted(map(re.escape, forbidden()), key=len, reverse=True)))
    database = lancedb.connect(store.vectors_folder)
    rows = [database.open_table(name).to_arrow() for name in database.list_tables().tables]
    assert rows
    for table in rows:
        for column in table.columns:
            assert not sought.search(" ".join(str(cell) for cell in column.slice(0, 3000).to_pylist()).lower())
    searched = 0
    for folder in {path.parent for path in store.lexical_folder.rglob("meta.json")}:
        searcher = tantivy.Index.open(str(folder)).searcher()
        hits = searcher.search(tantivy.Query.all_query(), limit=10_000).hits
        for _, address in hits:
            searched += 1
            assert not sought.search(json.dumps(searcher.doc(address).to_dict(), default=str).lower())
    assert searched


def test_what_was_planted_is_there_as_placeholders_that_last_over_the_years(made):
    store, config = made
    placeholder = secret.redaction_of(store, config).text(PERSON)
    for year in YEARS:
        written = store.scan_records(year).select(pl.col("status")).collect()["status"]
        assert placeholder in written.to_list()
        names = [each.source for each in store.manifest(year).sources]
        # The name goes on into the year, so that it is another address.
        assert any(re.fullmatch(r"<email:[0-9a-f]{8}>.*\.txt", name) for name in names)
    assert placeholder in store.report_path.read_text().replace("&lt;", "<").replace("&gt;", ">")


def test_as_many_records_are_stored_as_without(made, tmp_path):
    store, config = made
    plain = Store(tmp_path).dataset("mine")
    off = config.model_copy(update={"redact": False})
    assert take_inventory(plain, off).partitions.keys() == take_inventory(store, config).partitions.keys()
    for year in YEARS:
        with_, without = store.manifest(year), raw_file.materialise(plain, off, year)
        assert (with_.rows, with_.quarantined) == (without.rows, without.quarantined)
        assert with_.quarantined > 0
        assert [each.rows for each in with_.sources] == [each.rows for each in without.sources]
    written = "".join(text for path in plain.records_paths(YEARS[0]) for text in texts_of(path))
    missing = [value for every in VALUE_OF.values() for value in every if value not in written]
    assert not missing  # so that the search above looks for what would be there
