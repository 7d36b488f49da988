"""What raw_file stores of files with personal data, and how chunks find their places in them."""

import dataclasses

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline import staleness
from rlm_pipeline.analysis import citations
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.chunking import tiling
from rlm_pipeline.configuration import Chunking, DatasetConfig
from rlm_pipeline.errors import RlmError, SourceError
from rlm_pipeline.exchange import grep, peek
from rlm_pipeline.exchange.peek import Where
from rlm_pipeline.model import LINE, ROW, SOURCE
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import quarantine, raw_file, source_text
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.redaction import secret
from rlm_pipeline.sources.redaction.texts import PLACEHOLDER
from rlm_pipeline.store import Store
from tests.engine.sources.redaction.planted import LOOKALIKES, VALUES

EMAIL, PHONE = "jane.doe@example.com", "(415) 555-2671"
LONG = "The pump was looked at, the valve was turned, and the belt was changed. " * 3
FILES = {
    "notes.md": f"# Who\n\nAsk {EMAIL} or call {PHONE} before noon. {LONG * 4}Then {EMAIL} again.\n\n## More\n\n"
    f"{LONG}\n",
    "app.log": "".join(
        f"2024-05-0{day} 10:00:00 INFO mail: message of {EMAIL} was sent to {PHONE}\n" for day in range(1, 9)
    ),
    "tool.py": f'"""Tool."""\n\nOWNER = "{EMAIL}"\n\n\ndef call():\n    """Call {PHONE}."""\n'
    + "".join(f'    step({place}, "{EMAIL}")\n' for place in range(40)),
    "app.yaml": f'owner: "{EMAIL}"\nphone: 4155552671\nsteps:\n' + "".join(f"  - {EMAIL} {n}\n" for n in range(40)),
}
LINES = st.lists(
    st.one_of(
        st.sampled_from([value for values in VALUES.values() for value in values]),
        st.sampled_from(LOOKALIKES),
        st.sampled_from(("# A", "key: value", "def f(x):", "    return x", "", "a = 1", LONG)),
        st.text(max_size=30),
    ),
    min_size=1,
    max_size=20,
)


def cut(folder, files, *, redact=True, size=300, **more):
    source = folder / "source"
    source.mkdir(exist_ok=True)
    for name, content in files.items():
        (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
    config = DatasetConfig(name="mine", source=str(source), redact=redact, chunking=Chunking(size=size), **more)
    store = Store(folder / ("with" if redact else "without")).dataset("mine")
    for stage in (raw_file, columns, pairs, chunks):
        stage.materialise(store, config, "all")
    return store, config


def test_chunks_have_their_places_in_the_source(tmp_path):
    store, config = cut(tmp_path, FILES)

    assert tiling.check_tiling(store, config, "all") == ()
    found = pl.read_parquet(store.chunks_path("all"))
    assert set(found["source"]) == set(FILES)
    for source, text in FILES.items():
        shown = secret.redaction_of(store, config).text
        own = found.filter(pl.col("source") == source).sort("char_start")
        assert own["char_end"][-1] == len(text)
        for start, end, chunk in own.select("char_start", "char_end", "text").iter_rows():
            assert chunk == shown(text[start:end])
        assert EMAIL not in "".join(own["text"])


@pytest.mark.parametrize("format_", ["log", "prose", "config", "code", "csv", "jsonl"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, end=st.sampled_from(("\n", "\r\n")), chunker=st.sampled_from(("auto", "fixed")))
def test_whatever_is_redacted_every_record_is_in_chunks_once(tmp_path_factory, format_, lines, end, chunker):
    folder = tmp_path_factory.mktemp("any")
    content = end.join(lines) + end
    try:
        store, config = cut(folder, {"file": content}, size=200, format=format_)
        plain, _ = cut(folder, {"file": content}, redact=False, size=200, format=format_)
    except RlmError as error:
        assert str(error)  # noqa: PT017 - a text that cannot be read at all is refused with a reason
        return

    assert tiling.check_tiling(store, config, "all") == ()
    with_, without = store.manifest("all").sources[0], plain.manifest("all").sources[0]
    assert (with_.rows, with_.quarantined) == (without.rows, without.quarantined)
    places = [
        each.scan(each.extents_path("all"), "raw_file", "all").select("row", "char_start", "char_end").collect()
        for each in (store, plain)
    ]
    assert places[0].equals(places[1])


def test_every_cell_can_be_cited_and_found_again(tmp_path):
    store, _ = cut(tmp_path, FILES)
    records = store.scan_records("all").collect()
    cited = (
        records.rename({SOURCE: "source", ROW: "row", LINE: "line"})
        .unpivot(index=["source", "row", "line"], variable_name="column", value_name="quote")
        .drop_nulls("quote")
        .filter(pl.col("quote") != "")
    )
    ids = tuple(store.scan(store.chunks_path("all"), "chunks", "all").collect()["chunk_id"])

    located = citations.locate(store, "all", ids, cited)

    assert located.height == cited.height
    assert citations.verify(store, "all", located)["verified"].all()


def test_records_are_shown_and_searched_with_placeholders(tmp_path):
    store, config = cut(tmp_path, FILES)
    (first,) = peek.peek(store, config, "app.log", Where(row=2))
    part = peek.peek(store, config, "app.log", Where(start=30, end=40))
    matches = grep.grep(store, config, PLACEHOLDER, most=500)

    line = FILES["app.log"].splitlines(keepends=True)[0]
    assert (first.char_start, first.char_end, first.verbatim) == (len(line), 2 * len(line), False)
    assert EMAIL not in first.text + part[0].text
    assert matches.total > 90
    assert not any(match.verbatim for match in matches.matches)
    assert all(FILES[match.source][match.char_start : match.char_end] for match in matches.matches)
    assert grep.grep(store, config, r"jane\.doe|415").total == 0


def test_the_source_itself_is_not_shown(tmp_path):
    store, config = cut(tmp_path, FILES)

    with pytest.raises(SourceError, match="redact"):
        source_text.read_text(store, config, "all", "app.log", start=0, end=10)


def test_names_of_files_and_columns_are_redacted(tmp_path):
    files = {
        f"{EMAIL}.csv": f"id,{EMAIL},x\n" + "".join(f"{n},{n % 3},{PHONE}\n" for n in range(9)),
        "people.json": f'[{{"by": {{"{EMAIL}": {{"n": 1, "m": ""}}}}}}, {{"by": {{"{EMAIL}": {{"n": null}}}}}}]',
    }
    store, config = cut(tmp_path, files)

    manifest = store.manifest("all")
    named = {each.source: each.header for each in manifest.sources}
    placeholder = secret.redaction_of(store, config).text(EMAIL)
    assert set(named) == {f"{placeholder}.csv", "people.json"}
    assert named[f"{placeholder}.csv"] == ("id", placeholder, "x")
    held = set(store.scan_records("all").collect().columns)
    types = pl.read_parquet(store.cell_types_path("all"))
    noted = types.select(pl.concat_list("nulls", "blanks", "strings").explode(empty_as_null=False)).to_series()
    assert set(noted.drop_nulls()) <= held | {name for header in named.values() for name in header}
    stored = b"".join(path.read_bytes() for path in store.folder.rglob("*.json"))
    assert EMAIL.encode() not in stored
    assert take_inventory(store, config).fingerprints == take_inventory(store, config).fingerprints


def test_two_files_named_after_one_person_stay_two(tmp_path):
    files = {f"{EMAIL}.csv": "a,b\n1,2\n", f"{EMAIL.upper()}.csv": "a,b\n3,4\n"}
    store, _ = cut(tmp_path, files)

    assert len({each.source for each in store.manifest("all").sources}) == 2
    assert store.scan_records("all").collect().height == 2


def test_what_is_set_aside_is_redacted_also_where_it_is_cut(tmp_path):
    limit = quarantine.RAW_LIMIT
    broken = "x" * (limit - 10) + f" {EMAIL} and more"
    store, _ = cut(
        tmp_path, {"a.jsonl": f'{{"a": 1}}\n{{"a": "{PHONE}"\n{{"b": "{broken}\n{{"a": 2}}\n'}, format="jsonl"
    )

    raw = pl.read_parquet(store.quarantine_path("all"))["raw"].to_list()
    assert len(raw) == 2
    assert b"555" not in raw[0]
    assert len(raw[1]) > limit - 1000
    assert b"jane" not in raw[1]


def test_the_same_person_has_the_same_placeholder_in_every_run(tmp_path):
    store, _ = cut(tmp_path, FILES)
    before = {path.relative_to(store.folder): path.read_bytes() for path in store.folder.rglob("records/*/*")}

    cut(tmp_path, FILES)

    assert before == {path.relative_to(store.folder): path.read_bytes() for path in store.folder.rglob("records/*/*")}


def test_turning_it_on_or_another_secret_makes_the_records_stale(tmp_path):
    store, config = cut(tmp_path, FILES)
    raw = staleness.BY_NAME["raw_file"]

    def state(now):
        sources = take_inventory(store, now).fingerprints
        found = staleness.state_of(store, now, raw, "all", sources=sources)
        return found.status, found.reason

    inputs = staleness.inputs_of(store, config, raw, "all", sources=take_inventory(store, config).fingerprints)
    staleness.stamp(store, "raw_file", "all", inputs)
    assert state(config) == ("current", "")
    off = config.model_copy(update={"redact": False})
    assert state(off)[0] == "stale"
    assert "settings redact" in state(off)[1]
    store.redaction_key_path.unlink()
    assert state(config)[0] == "stale"
    assert "redaction key" in state(config)[1]


def test_without_it_nothing_changes(tmp_path):
    store, _ = cut(tmp_path, FILES, redact=False)

    assert "replaced" not in pl.read_parquet(store.extents_path("all")).columns
    assert EMAIL in pl.read_parquet(store.chunks_path("all"))["text"].str.join("")[0]
    assert not store.redaction_key_path.exists()
    assert all(EMAIL not in str(dataclasses.astuple(each)) for each in store.manifest("all").sources)
