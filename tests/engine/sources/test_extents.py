import gzip
import io
import json
import tarfile
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlm_pipeline.errors import InvariantError, SourceError
from rlm_pipeline.sources import content, extents, inventory, positions, raw_file
from rlm_pipeline.store import Store
from tests.engine.sources.tiling import check_files, check_source, read

DATA = Path(__file__).parents[4] / "shared" / "data"

CHARACTERS = st.one_of(
    st.sampled_from([*"\r\n\t ,;:\"'{}[]=#-.\\/<>|ab01", "\x85", "\u2028", "\u0301", "é", "漢", "\ufeff", "😀", "\0"]),
    st.characters(exclude_categories=["Cs"]),
)
LINES = st.sampled_from(
    [
        "a,b,c\n", '1,"x\ny",é\r\n', '{"a": 1}\n', '{"a": {"b": [1, "é"]}} {"a": 2}\n', '[{"a": 1}, {"a": "漢"}]',
        "2024-01-02 03:04:05 INFO x: started\n", "  at f(x)\r", "# Title\n", "\n", "\r\n", "\r", "word word\n",
        "key: value\n", "[section]\n", "x = 1\n", "a: {b: 1, c: [2, 3]}\n", "def f():\n    return '😀'\n", "class C:\n",
        "<p>one</p><p>two</p>\n", "Subject: s\n\nbody\n", "```\ncode\n```\n", "Head\n====\n", "; note\n", "\ufeff",
        "- item\n", "# é\n",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(CHARACTERS, min_size=1, max_size=200), st.lists(LINES, min_size=1, max_size=12).map("".join))
FORMATS = ("csv", "tsv", "json", "jsonl", "log", "prose", "markup", "config", "code")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-le", "cp1252", "latin-1")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store").dataset("given")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def check_bytes(name, written, wanted):
    with tempfile.TemporaryDirectory() as below:
        path = Path(below) / name
        path.write_bytes(written)
        store = Store(Path(below) / "store").dataset("given")
        try:
            manifest, found = read(store, path, wanted)
        except SourceError:
            return
        check_source(found, manifest.sources[0], written)


NAMES = {
    "prose": ("a.txt", "a.md", "a.rst", "a.eml"),
    "markup": ("a.html", "a.xml"),
    "config": ("a.yaml", "a.toml", "a.ini"),
    "code": ("a.py", "a.js", "a.unknown"),
}


@pytest.mark.parametrize("wanted", FORMATS)
def test_the_ranges_of_any_text_tile_it(wanted):
    @settings(max_examples=25, deadline=None)
    @given(text=TEXTS, encoding=st.sampled_from(ENCODINGS), name=st.sampled_from(NAMES.get(wanted, ("a.x",))))
    @example(text="\r", encoding="utf-8", name="a.txt")
    @example(text="\ufeffa,b\n1,2\n", encoding="utf-8", name="a.txt")
    def check(text, encoding, name):
        check_bytes(name, text.encode(encoding, "replace"), wanted)

    check()


@pytest.mark.parametrize("wanted", FORMATS)
def test_the_ranges_of_any_text_with_stray_bytes_tile_it(wanted):
    parts = st.one_of(TEXTS.map(str.encode), st.sampled_from([b"\xe9", b"\x80", b"\x81", b"\xff\xfe", b"\xe2\x82"]))

    @settings(max_examples=15, deadline=None)
    @given(written=st.lists(parts, min_size=1, max_size=5).map(b"".join))
    def check(written):
        check_bytes("a.x", written, wanted)

    check()


@settings(max_examples=40, deadline=None)
@given(
    text=TEXTS, encoding=st.sampled_from(ENCODINGS), wanted=st.sampled_from(FORMATS), block=st.integers(1, 9),
    few=st.integers(1, 4),
)  # fmt: skip
def test_how_much_is_read_at_once_changes_no_range(text, encoding, wanted, block, few):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "BLOCK_BYTES", block)
        patch.setattr(positions, "_LOOKED_AT", few)
        patch.setattr(positions, "_NOTED", few + 2)
        patch.setattr(extents, "_GROUP_ROWS", few)
        check_bytes("a.x", text.encode(encoding, "replace"), wanted)


def test_what_stands_before_the_first_record_and_behind_the_last_is_theirs(store, folder):
    (folder / "a.csv").write_text("Report of June\n\nid,text\n1,é\n\n2,z\n\n")

    _, found = check_files(store, folder / "a.csv", folder)

    assert found.drop("source").rows() == [
        (1, 4, True, 0, 29, 0, 30, None),
        (2, 6, True, 29, 34, 30, 35, None),
    ]


def test_a_records_file_of_one_line_has_the_place_of_each_element(store, folder):
    rows = [{"a": "é" * (number % 7), "n": number} for number in range(2000)]
    text = json.dumps(rows, ensure_ascii=False)
    (folder / "a.json").write_text(text)

    _, found = check_files(store, folder / "a.json", folder)

    for row, start, end in found.select("row", "char_start", "char_end").rows():
        assert json.loads(text[start:end].strip("[], ")) == rows[row - 1]


def test_what_is_beside_a_documents_records_is_the_last_row_and_the_first_range(store, folder):
    (folder / "a.json").write_text('{"made": "today", "é": 1, "data": [{"a": 1}, {"a": 2}], "more": 3}')

    _, found = check_files(store, folder / "a.json", folder)

    assert found.select("row", "char_start", "char_end", "byte_start", "byte_end").rows() == [
        (1, 35, 45, 36, 46),
        (2, 45, 66, 46, 67),
        (3, 0, 35, 0, 36),
    ]


def test_an_entry_of_an_object_starts_at_its_key(store, folder):
    text = '{"x": {"a": 1, "b": 2}, "y": {"a": 3, "b": 4}, "z": {"a": 5, "b": 6}}'
    (folder / "a.json").write_text(text)

    _, found = check_files(store, folder / "a.json", folder)

    assert [text[start:end] for start, end in found.select("char_start", "char_end").rows()] == [
        '{"x": {"a": 1, "b": 2}, ', '"y": {"a": 3, "b": 4}, ', '"z": {"a": 5, "b": 6}}',
    ]  # fmt: skip


def test_values_of_one_line_have_ranges_of_their_own(store, folder):
    (folder / "a.jsonl").write_text('{"a": 1}\n  {"a": "é"}{"a": 3}, {"a": 4}\nbroken\n{"a": 5}\n')

    _, found = check_files(store, folder / "a.jsonl", folder)

    assert found.select("line", "stored", "char_start", "char_end").rows() == [
        (1, True, 0, 9), (2, True, 9, 21), (2, True, 21, 31), (2, True, 31, 40), (3, False, 40, 47), (4, True, 47, 56),
    ]  # fmt: skip


def test_a_column_of_dates_divides_the_rows_but_not_the_ranges(store, folder):
    text = "id,opened\n1,10/1/2011\n2,10/25/2012\n3,9/30/2012\n4,\n5\n6,1/1/2012\n\n"
    (folder / "calls.csv").write_text(text)
    by = {"by": "column", "column": "opened", "fiscal_year_starts": "october"}
    parts = []

    for partition in ("FY2012", "FY2013", "undated"):
        manifest, found = read(store, folder / "calls.csv", partition=partition, by=by)
        check_source(found, manifest.sources[0], text.encode(), whole=False)
        parts.append(found)

    assert [part["row"].to_list() for part in parts] == [[1, 3, 6], [2], [4, 5]]
    together = pl.concat(parts).sort("row")
    assert "".join(text[start:end] for start, end in together.select("char_start", "char_end").rows()) == text


@pytest.mark.parametrize("kind", ["gz", "zip", "tar.gz"])
def test_ranges_are_of_the_decompressed_source(store, folder, kind):
    files = {"a.csv": "id,text\n1,é\n2,z\n".encode() * 50, "b.log": b"2024-01-02 03:04:05 INFO started\n  more\n" * 50}
    packed = folder / f"all.{kind}"
    if kind == "gz":
        files = {packed.name: files["a.csv"]}
        packed.write_bytes(gzip.compress(files[packed.name]))
    elif kind == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            for name, written in files.items():
                archive.writestr(name, written)
    else:
        with tarfile.open(packed, "w:gz") as archive:
            for name, written in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(written)
                archive.addfile(entry, io.BytesIO(written))

    manifest, found = read(store, packed)

    assert {each.source for each in manifest.sources} == set(files)
    for source in manifest.sources:
        check_source(found, source, files[source.source])


def test_files_of_one_bundle_follow_each_other_in_the_manifests_order(store, folder):
    for number in range(30):
        (folder / f"{number:02}.md").write_text(f"# Title {number}\n\nText é.\n\n- a\n- b\n")
        (folder / f"{number:02}.py").write_text(f"import os\n\n\ndef f{number}():\n    pass\n")

    manifest, found = check_files(store, folder, folder)

    assert found["source"].unique(maintain_order=True).to_list() == [each.source for each in manifest.sources]


def test_a_long_gap_is_cut_and_a_line_too_long_to_read_has_no_text(store, folder, monkeypatch):
    monkeypatch.setattr(extents, "TEXT_LIMIT", 100)
    monkeypatch.setattr(content, "BLOCK_BYTES", 64)
    (folder / "a.txt").write_text("first é" + "\n" * 1000 + "second\n")

    manifest, found = read(store, folder / "a.txt")

    assert "907 characters of blank lines and comments, too many in one place" in manifest.sources[0].evidence
    assert found["text"].to_list() == ["first é" + "\n" * 93, "second\n"]
    assert found["char_end"].to_list() == [1007, 1014]


def test_a_line_too_long_to_read_is_a_range_without_text(store, folder):
    long = "x" * ((1 << 26) + 5)
    text = f"2024-01-02 03:04:05 INFO é\n{long}\n2024-01-02 03:04:06 INFO b\n"
    (folder / "a.log").write_text(text)

    manifest, found = read(store, folder / "a.log", "log")

    assert manifest.quarantined == 1
    assert found.select("row", "line", "stored", "char_start", "char_end", "text").rows() == [
        (1, 1, True, 0, 27, "2024-01-02 03:04:05 INFO é\n"),
        (2, 2, False, 27, 27 + len(long) + 1, None),
        (3, 3, True, 27 + len(long) + 1, len(text), "2024-01-02 03:04:06 INFO b\n"),
    ]


def test_pieces_of_a_long_line_of_prose_and_of_code_have_ranges_of_their_own(store, folder):
    (folder / "a.txt").write_text("word " * 600_000)
    (folder / "b.unknown").write_text("x = 1; " * 10_000)

    manifest, found = check_files(store, folder, folder, "prose")
    _, code = check_files(store, folder / "b.unknown", folder, "code")

    assert found.filter(pl.col("source") == "a.txt").height == 3
    assert manifest.rows == 4
    assert code["text"].str.len_chars().max() <= 1 << 14


def test_a_lost_range_is_a_defect(store, folder, monkeypatch):
    (folder / "a.csv").write_text("id,text\n1,é\n2,z\n")
    monkeypatch.setattr(positions.Positions, "add_many", lambda self, lines, kinds: self.add(2, positions.STORED))

    with pytest.raises(InvariantError, match=r"a\.csv: 2 records were stored and 0 set aside, but the ranges"):
        read(store, folder / "a.csv")
    assert not store.extents_path("all").exists()


@pytest.mark.parametrize("name", ["loghub-a", "uscongress-bills", "octokit-webhooks", "msha-injuries", "h2b-fy"])
def test_the_ranges_of_real_files_tile_them(store, name):
    if not DATA.is_dir():
        pytest.skip("the folder shared/data of real records is not beside us")
    config = raw_file.DatasetConfig(name="given", source=str(DATA / name), files={"exclude": ["README*", "*.yaml"]})
    taken = inventory.take_inventory(store, config)

    manifest = raw_file.materialise(store, config, "all")

    found = pl.read_parquet(store.extents_path("all"))
    files = {file.name: file for file in taken.partitions["all"]}
    for source in manifest.sources:
        file = files[source.source]
        if not file.member:
            check_source(found, source, b"".join(content.blocks(file.path)))
