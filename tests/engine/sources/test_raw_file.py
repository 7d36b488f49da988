import contextlib
import gzip
import io
import random
import resource
import zipfile

import polars as pl
import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import InvariantError, SourceError, StoreError
from rlm_pipeline.fingerprint import sha256_of_file
from rlm_pipeline.model import QUARANTINE_SCHEMA
from rlm_pipeline.sources import inventory, raw_file, records_table
from rlm_pipeline.sources.tables import row_reader
from rlm_pipeline.store import Store

BY_NAME = {"by": "filename", "pattern": r"fy(?P<year>\d{4})"}
BY_COLUMN = {"by": "column", "column": "opened", "fiscal_year_starts": "october"}
CALLS = "id,opened,text\n1,10/1/2011,a\n2,9/30/2012,b\n3,10/25/2012,c\n4,,d\n5\n6,soon,e\n"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store").dataset("support")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def config(source, **partition):
    return DatasetConfig(name="support", source=str(source / "*.csv"), partition=partition)


def stored(store, partition):
    return store.scan_records(partition).sort("_source", "_row").collect()


def tree(store):
    return {path.relative_to(store.folder): path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}


def test_a_partition_of_two_files_is_stored_with_its_manifest(store, source):
    (source / "a_fy2012.csv").write_text("id,text\n1,x\n2,y\n")
    (source / "b_fy2012.csv").write_bytes("id;text;more\n3;ça;\n4;z\n".encode("latin-1"))

    manifest = raw_file.materialise(store, config(source, **BY_NAME), "FY2012")

    assert store.manifest("FY2012") == manifest
    assert (manifest.rows, manifest.quarantined) == (3, 1)
    first, second = manifest.sources
    assert (first.source, first.reader, first.encoding, first.delimiter) == ("a_fy2012.csv", "blocks", "utf-8", ",")
    assert (second.reader, second.encoding, second.delimiter) == ("rows", "latin-1", ";")
    assert second.header == ("id", "text", "more")
    assert second.sha256 == sha256_of_file(source / "b_fy2012.csv")
    assert second.bytes == (source / "b_fy2012.csv").stat().st_size
    assert "latin-1, because 1 bytes are not utf-8" in second.evidence
    assert "1 records looked at one by one, the first on line 3; set aside: 1 ragged" in second.evidence
    assert stored(store, "FY2012").select("_source", "_row", "id", "text").rows() == [
        ("a_fy2012.csv", 1, "1", "x"),
        ("a_fy2012.csv", 2, "2", "y"),
        ("b_fy2012.csv", 1, "3", "ça"),
    ]


def test_what_a_killed_run_left_of_a_source_that_is_gone_is_removed(store, source):
    (source / "x.csv").write_text("a,b\n1,2\n")
    left = store.records_folder("all") / ".gone.csv.parquet.partial"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a file")

    raw_file.materialise(store, config(source), "all")

    assert [path.name for path in left.parent.iterdir()] == ["x.csv.parquet"]


def test_quarantine_exists_even_when_empty(store, source):
    (source / "x.csv").write_text("a,b\n1,2\n")

    raw_file.materialise(store, config(source), "all")

    quarantine = pl.read_parquet(store.quarantine_path("all"))
    assert quarantine.schema == QUARANTINE_SCHEMA
    assert quarantine.height == 0


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_date_column_divides_one_file_by_either_reader(store, source, end):
    content = CALLS.replace("5\n", "") if not end else CALLS
    (source / "calls.csv").write_text(content)
    dataset = config(source, **BY_COLUMN)

    partitions = list(inventory.take_inventory(store, dataset).partitions)
    manifests = {key: raw_file.materialise(store, dataset, key) for key in partitions}

    assert {key: stored(store, key)["id"].to_list() for key in partitions} == {
        "FY2012": ["1", "2"],
        "FY2013": ["3"],
        "undated": ["4", "6"],
    }
    assert {manifest.sources[0].reader for manifest in manifests.values()} == {"rows" if end else "blocks"}
    assert [manifest.quarantined for manifest in manifests.values()] == [0, 0, 1 if end else 0]
    assert "dates month first: 2 values allow no other order" in manifests["FY2013"].sources[0].evidence
    assert stored(store, "FY2013").select("_row", "_line").rows() == [(3, 4)]


def test_a_line_that_cannot_be_parsed_is_set_aside_as_undated(store, source):
    (source / "calls.csv").write_text(CALLS)

    raw_file.materialise(store, config(source, **BY_COLUMN), "undated")

    assert pl.read_parquet(store.quarantine_path("undated")).rows() == [
        ("calls.csv", 5, 6, "ragged: 1 cells where 3 are expected", b"5\n")
    ]


def test_a_column_called_like_the_identity_is_kept(store, source):
    (source / "x.csv").write_text("_row,_source,x\n7,8,y\n")

    raw_file.materialise(store, config(source), "all")

    assert stored(store, "all").rows(named=True) == [
        {"_source": "x.csv", "_row": 1, "_line": 2, "_row__data": "7", "_source__data": "8", "x": "y"}
    ]


def test_an_unknown_partition_names_those_there_are(store, source):
    (source / "fy2012.csv").write_text("a,b\n1,2\n")

    with pytest.raises(SourceError, match=r"no records of partition FY2013; it has FY2012"):
        raw_file.materialise(store, config(source, **BY_NAME), "FY2013")


def test_materialising_again_gives_the_same_bytes(store, source):
    (source / "fy2012.csv").write_text(CALLS)
    dataset = config(source, **BY_NAME)
    raw_file.materialise(store, dataset, "FY2012")
    first = tree(store)

    raw_file.materialise(store, dataset, "FY2012")

    assert tree(store) == first


def test_only_the_partition_asked_for_is_touched(store, source):
    for year in (2011, 2012):
        (source / f"fy{year}.csv").write_text("a,b\n1,2\n")
    dataset = config(source, **BY_NAME)
    raw_file.materialise(store, dataset, "FY2011")
    first = tree(store)

    raw_file.materialise(store, dataset, "FY2012")

    assert {path: content for path, content in tree(store).items() if path in first} == first


def test_records_of_a_source_that_left_the_partition_are_removed(store, source):
    for name in ("a_fy2012.csv", "b_fy2012.csv"):
        (source / name).write_text("a,b\n1,2\n")
    dataset = config(source, **BY_NAME)
    raw_file.materialise(store, dataset, "FY2012")
    (source / "b_fy2012.csv").unlink()

    raw_file.materialise(store, dataset, "FY2012")

    assert [path.name for path in store.records_folder("FY2012").iterdir()] == ["a_fy2012.csv.parquet"]


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n", gzip.compress(CALLS.encode() * 9)[:-20]], ids=["empty", "pdf", "truncated"]
)
def test_a_file_that_cannot_be_read_leaves_the_former_partition_whole(store, source, content):
    (source / "a_fy2012.csv").write_text("a,b\n1,2\n")
    (source / "b_fy2012.csv").write_text("a,b\n3,4\n")
    dataset = config(source, **BY_NAME)
    raw_file.materialise(store, dataset, "FY2012")
    first = {path: content for path, content in tree(store).items() if path.name != "inventory.json"}
    (source / "a_fy2012.csv").write_text("a,b\n1,2\n5,6\n")
    (source / "b_fy2012.csv").write_bytes(content)

    with pytest.raises(SourceError, match=r"b_fy2012\.csv"):
        raw_file.materialise(store, dataset, "FY2012")

    assert {path: content for path, content in tree(store).items() if path.name != "inventory.json"} == first


@contextlib.contextmanager
def room_for(size):
    """Let no file of this process grow beyond `size` bytes, as on a disk that is almost full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("last_line", ["", "ragged\n"], ids=["sound", "ragged"])
def test_a_full_disk_is_a_store_error_and_leaves_nothing_half_written(store, source, last_line):
    numbers = random.Random(0)
    rows = "".join(f"{numbers.random()},{numbers.random()}\n" for _ in range(20_000))
    (source / "x.csv").write_text("a,b\n" + rows + last_line)

    with room_for(100_000), pytest.raises(StoreError, match=r"cannot write .*x\.csv\.parquet.*Free space"):
        raw_file.materialise(store, config(source), "all")

    assert {path.name for path in tree(store)} == {"inventory.json"}
    assert raw_file.materialise(store, config(source), "all").rows == 20_000


def test_an_interrupt_leaves_nothing_half_written(store, source, monkeypatch):
    (source / "x.csv").write_text("a,b\n1,2\n3\n")

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(records_table.pq.ParquetWriter, "write_table", interrupt)

    with pytest.raises(KeyboardInterrupt):
        raw_file.materialise(store, config(source), "all")

    assert {path.name for path in tree(store)} == {"inventory.json"}


def test_a_file_that_changes_while_it_is_read_is_an_error(store, source, monkeypatch):
    path = source / "x.csv"
    path.write_text("a,b\n1,2\n")
    detect = raw_file.detect

    def grow(*arguments, **named):
        detected = detect(*arguments, **named)
        with path.open("a") as stream:
            stream.write("3,4\n")
        return detected

    monkeypatch.setattr(raw_file, "detect", grow)

    with pytest.raises(SourceError, match="changed while it was read"):
        raw_file.materialise(store, config(source), "all")

    assert not store.manifest_path("all").exists()


def test_a_lost_record_is_an_invariant_broken(store, source, monkeypatch):
    (source / "calls.csv").write_text(CALLS)
    read = row_reader.sound_records
    monkeypatch.setattr(row_reader, "sound_records", lambda *arguments: list(read(*arguments, runs=False))[1:])

    with pytest.raises(InvariantError, match="2 records are in FY2012, but 1 were read"):
        raw_file.materialise(store, config(source, **BY_COLUMN), "FY2012")


def test_stray_quotes_read_leniently_are_in_the_evidence(store, source):
    (source / "x.csv").write_text('a,b\n1,"5" pipe"\n')

    manifest = raw_file.materialise(store, config(source), "all")

    assert "1 records with stray quotes read leniently" in manifest.sources[0].evidence


def in_folder(source, **files):
    return DatasetConfig(name="support", source=str(source), files=files)


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_folder_with_an_archive_is_read_and_what_is_not_read_is_listed(store, source):
    (source / "deep").mkdir()
    (source / "a.csv").write_text("id,text\n1,x\n")
    (source / "deep" / "a.csv").write_text("id,text\n2,y\n")
    (source / "all.zip").write_bytes(
        zipped(
            {
                "deep/a.csv": "id,text\n3,z\n",
                "more.csv.gz": gzip.compress(b"id,text\n4,w\n"),
                "no.png": b"\x89PNG\r\n\x1a\n",
            }
        )
    )
    (source / "empty.csv").touch()

    manifest = raw_file.materialise(store, in_folder(source), "all")

    assert store.manifest("all") == manifest
    assert [(each.source, each.records_file) for each in manifest.sources] == [
        ("a.csv", "a.csv.parquet"),
        ("all.zip/deep/a.csv", "all.zip__deep__a.csv.parquet"),
        ("all.zip/more.csv.gz", "all.zip__more.csv.gz.parquet"),
        ("deep/a.csv", "deep__a.csv.parquet"),
    ]
    assert stored(store, "all").select("_source", "_row", "id").rows() == [
        ("a.csv", 1, "1"), ("all.zip/deep/a.csv", 1, "3"), ("all.zip/more.csv.gz", 1, "4"), ("deep/a.csv", 1, "2"),
    ]  # fmt: skip
    assert [(each.name, each.reason) for each in manifest.left_out] == [
        ("all.zip/no.png", "a PNG image"),
        ("empty.csv", "empty (0 bytes)"),
    ]
    assert not (store.folder / "scratch").exists()


def test_a_member_has_its_own_size_and_hash_in_the_manifest(store, source):
    (source / "a.csv").write_text("id,text\n1,x\n")
    (source / "all.zip").write_bytes(zipped({"a.csv": (source / "a.csv").read_bytes()}))

    plain, member = raw_file.materialise(store, in_folder(source), "all").sources

    assert (member.bytes, member.sha256) == (plain.bytes, plain.sha256)


def test_names_that_would_share_a_records_file_have_one_each(store, source):
    long = "x" * 120
    for name in ("a__b.csv", "a/b.csv", "A/b.csv", f"{long}/{long}/1.csv", f"{long}/{long}/2.csv"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"id,text\n{name},x\n")

    manifest = raw_file.materialise(store, in_folder(source), "all")

    files = [each.records_file for each in manifest.sources]
    assert len({name.casefold() for name in files}) == len(files) == 5
    assert max(map(len, files)) < 230
    assert all(row[0] == row[1] for row in stored(store, "all").select("_source", "id").rows())


def test_a_file_of_a_folder_that_no_reader_takes_is_left_out_and_one_that_is_named_is_an_error(
    store, source, monkeypatch
):
    (source / "a.csv").write_text("id,text\n1,x\n")
    (source / "b.csv").write_text("id,text\n2,y\n")
    detect = raw_file.detect

    def refuse(path, wanted, *, name):
        if name == "b.csv":
            raise SourceError(f"{path} is not text of a known kind")
        return detect(path, wanted, name=name)

    monkeypatch.setattr(raw_file, "detect", refuse)

    manifest = raw_file.materialise(store, in_folder(source), "all")

    assert [each.source for each in manifest.sources] == ["a.csv"]
    assert [(each.name, each.reason) for each in manifest.left_out] == [("b.csv", "b.csv is not text of a known kind")]
    with pytest.raises(SourceError, match=r"source/b\.csv is not text of a known kind"):
        raw_file.materialise(store, config(source), "all")


def test_an_archive_is_divided_by_a_date_column(store, source):
    (source / "all.zip").write_bytes(zipped({"calls.csv": CALLS, "more.csv": CALLS}))
    dataset = DatasetConfig(name="support", source=str(source / "all.zip"), partition=BY_COLUMN)

    manifests = [
        raw_file.materialise(store, dataset, key) for key in inventory.take_inventory(store, dataset).partitions
    ]

    assert [(each.partition, each.rows, each.quarantined) for each in manifests] == [
        ("FY2012", 4, 0), ("FY2013", 2, 0), ("undated", 4, 2),
    ]  # fmt: skip


def test_materialising_an_archive_again_gives_the_same_bytes(store, source):
    (source / "all.zip").write_bytes(zipped({"b.csv": CALLS, "a.csv": CALLS}))
    raw_file.materialise(store, in_folder(source), "all")
    first = tree(store)

    raw_file.materialise(store, in_folder(source), "all")

    assert tree(store) == first


def test_an_error_in_a_member_names_the_archive_and_the_member(store, source, monkeypatch):
    (source / "all.zip").write_bytes(zipped({"calls.csv": CALLS}))
    monkeypatch.setattr(
        raw_file, "read_table", lambda path, *_, **__: (_ for _ in ()).throw(SourceError(f"{path}: odd"))
    )

    with pytest.raises(SourceError, match=r"source/all\.zip!/calls\.csv: odd$"):
        raw_file.materialise(store, in_folder(source), "all")
