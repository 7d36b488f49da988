"""Whatever the text and whatever it is taken for: ranges give the file back, and so do chunks that show it as it is."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import RlmError
from rlm_pipeline.sources.own_columns import VERBATIM
from tests.engine.chunking.stage_of_file import stored

FORMATS = ("csv", "tsv", "json", "jsonl", "log", "prose", "markup", "config", "code")
LINES = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            (
                "# A",
                "## B",
                "- item one",
                "key: value",
                "a = 1",
                "def f(x):",
                "    return x",
                "a,b,c",
                '{"a": [1, {"b": 2}]}',
            )
        ),
        st.text(alphabet='ab é🙂\u0301,;:."{}[]<>\t', max_size=300),
    ),
    min_size=1,
    max_size=25,
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")


@pytest.mark.parametrize("format_", FORMATS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    written=st.tuples(st.sampled_from(("\n", "\r\n", "\r")), st.sampled_from(ENCODINGS)),
    chunker=st.sampled_from(("auto", "auto", "fixed")),
)
def test_the_ranges_of_chunks_give_the_file_back(tmp_path_factory, format_, lines, written, chunker):
    end, encoding = written
    content = (end.join(lines) + end).encode(encoding, "replace")
    folder = tmp_path_factory.mktemp("any")
    more = f"format: {format_}\nchunking: {{size: 200, overlap: 30, chunker: {chunker}}}\n"
    try:
        store, _ = stored(folder, "file", content, more)
    except RlmError as error:
        assert str(error)  # noqa: PT017 - a text that cannot be read at all is refused with a reason
        return

    found = pl.read_parquet(store.chunks_path("all"))
    (source,) = store.manifest("all").sources
    assert found["records"].sum() == source.rows
    if source.quarantined or not source.rows:
        return
    if source.detected_type in VERBATIM:
        decoded = store.scan(store.extents_path("all"), "raw_file", "all").sort("char_start").collect()["text"]
        assert "".join(found["text"]) == "".join(decoded)
        assert (found["char_end"] - found["char_start"]).to_list() == found["n_chars"].to_list()
        exact = content.decode(encoding).encode(encoding) == content and "cp1252" not in source.encoding
        if exact and source.encoding in ENCODINGS:
            assert "".join(found["text"]) == content.decode(source.encoding)
    if chunker == "auto" or source.detected_type in VERBATIM:
        ranges = found.select("byte_start", "byte_end").unique().sort("byte_start", "byte_end").rows()
        assert b"".join(content[start:stop] for start, stop in ranges) == content
    assert (found["line_end"] >= found["line_start"]).all()
