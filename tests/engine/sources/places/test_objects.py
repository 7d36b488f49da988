import importlib.util
import os

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import raw_file
from rlm_pipeline.sources.inventory import take_inventory
from rlm_pipeline.sources.places import scratch
from rlm_pipeline.sources.places.objects import fetch
from rlm_pipeline.store import Store
from tests.engine.sources.places.written_archives import TABLE, zipped

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")

BY_NAME = {"by": "filename", "pattern": r"fy(?P<year>\d{4})"}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store").dataset("desk")


@pytest.fixture
def memory():
    """fsspec's file system in memory, empty before and after."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


@pytest.fixture(scope="session")
def server():
    """The address of an S3-compatible server on this machine, with one bucket."""
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    """A new bucket, and the storage options that reach it."""
    import boto3

    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = boto3.client(
        "s3", endpoint_url=server, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    name = f"desk-{len(client.list_buckets()['Buckets'])}"
    client.create_bucket(Bucket=name)
    options = {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": server, "region_name": "us-east-1"}}
    yield name, options, lambda key, content: client.put_object(Bucket=name, Key=key, Body=content)
    client.close()


def config(source, storage=None, **more):
    return DatasetConfig(name="desk", source=source, files={"storage": storage or {}}, **more)


def members(inventory):
    return {key: [file.name for file in files] for key, files in inventory.partitions.items()}


def test_a_glob_in_a_bucket_gives_the_years_of_the_object_names(bucket, store):
    name, options, put = bucket
    for key in ("exports/calls_fy2011.csv", "exports/calls_fy2012.csv", "exports/readme.txt", "other/calls_fy2013.csv"):
        put(key, TABLE)

    dataset = config(f"s3://{name}/exports/calls_*.csv", options, partition=BY_NAME)
    manifest = raw_file.materialise(store, dataset, "FY2012")

    assert members(take_inventory(store, dataset)) == {"FY2011": ["calls_fy2011.csv"], "FY2012": ["calls_fy2012.csv"]}
    assert [(each.source, each.rows, each.bytes) for each in manifest.sources] == [("calls_fy2012.csv", 2, len(TABLE))]
    assert store.scan_records("FY2012").collect()["colour"].to_list() == ["red", "blue"]
    assert not (store.folder / "scratch").exists()


def test_a_prefix_means_all_objects_below_it(bucket, store):
    name, options, put = bucket
    for key, content in {
        "exports/2012/a.csv": TABLE,
        "exports/b.csv": TABLE,
        "exports/empty.csv": b"",
        "exports/picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(600),
        "exports/all.zip": zipped({"in/c.csv": TABLE}),
    }.items():
        put(key, content)

    manifest = raw_file.materialise(store, config(f"s3://{name}/exports/", options), "all")

    assert [each.source for each in manifest.sources] == ["2012/a.csv", "all.zip/in/c.csv", "b.csv"]
    assert [(each.name, each.reason) for each in manifest.left_out] == [
        ("empty.csv", "empty (0 bytes)"),
        ("picture.csv", "a PNG image"),
    ]


def test_a_changed_object_is_seen_and_an_unchanged_one_is_not_fetched(bucket, store, monkeypatch):
    name, options, put = bucket
    put("a_fy2011.csv", TABLE)
    put("a_fy2012.csv", TABLE)
    dataset = config(f"s3://{name}/*.csv", options, partition=BY_NAME)
    first = take_inventory(store, dataset)
    put("a_fy2012.csv", TABLE + b"3,green\n")
    fetched = []

    def watched(uri, files):
        fetched.append(uri)
        return fetch(uri, files)

    monkeypatch.setattr(scratch, "fetch", watched)

    second = take_inventory(store, dataset)

    assert fetched == [f"s3://{name}/a_fy2012.csv"]
    assert second.fingerprints["FY2011"] == first.fingerprints["FY2011"]
    assert second.fingerprints["FY2012"] != first.fingerprints["FY2012"]


def test_records_of_an_object_are_divided_by_a_date_column(bucket, store):
    name, options, put = bucket
    put("calls.csv", b"id,opened\n1,2011-05-01\n2,2012-05-01\n")

    dataset = config(f"s3://{name}/calls.csv", options, partition={"by": "column", "column": "opened"})

    assert raw_file.materialise(store, dataset, "FY2012").rows == 1


def test_a_bucket_that_does_not_exist_is_named(bucket, store):
    _, options, _ = bucket

    for source in ("s3://nowhere/exports/", "s3://nowhere/*.csv", "s3://nowhere/a.csv"):
        with pytest.raises(SourceError, match=r"s3://nowhere/.* cannot be read: .*bucket"):
            take_inventory(store, config(source, options))


def test_a_glob_that_matches_nothing_says_what_is_there(bucket, store):
    name, options, put = bucket
    put("exports/calls.csv", TABLE)

    with pytest.raises(SourceError, match=rf"no object matches s3://{name}/exports/\*\.json; .* holds calls\.csv"):
        take_inventory(store, config(f"s3://{name}/exports/*.json", options))
    with pytest.raises(SourceError, match=rf"s3://{name}/export/.* cannot be read"):
        take_inventory(store, config(f"s3://{name}/export/", options))


def test_missing_credentials_say_what_to_set(bucket, store, tmp_path, monkeypatch):
    name, options, _ = bucket
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(SourceError, match=r"cannot be read: .*credentials.*files\.storage"):
        take_inventory(store, config(f"s3://{name}/", {"client_kwargs": options["client_kwargs"]}))


@pytest.mark.parametrize(
    ("source", "storage", "said"),
    [
        ("foo://bucket/a.csv", {}, "Protocol not known: foo.*check source"),
        ("s3://bucket/a.csv", {"unheard_of": 1}, "unheard_of.*check source and files.storage"),
        ("gs://bucket/a.csv", {}, "another package: .*gcsfs"),
        ("memory://desk/none.csv", {}, "check bucket and path"),
    ],
)
def test_a_uri_that_cannot_be_used_says_why(store, memory, source, storage, said):
    if source.startswith("gs:") and importlib.util.find_spec("gcsfs"):
        pytest.skip("gcsfs is installed")
    if source.startswith("s3:"):
        pytest.importorskip("s3fs", reason="s3fs is not installed")
    with pytest.raises(SourceError, match=said):
        take_inventory(store, config(source, storage))


def test_any_file_system_of_fsspec_is_a_source(store, memory):
    memory.pipe("/desk/a.csv", TABLE)
    memory.pipe("/desk/deep/a.csv", TABLE)
    memory.pipe("/desk/.hidden.csv", TABLE)

    manifest = raw_file.materialise(store, config("memory://desk/"), "all")

    assert [each.source for each in manifest.sources] == ["a.csv", "deep/a.csv"]
    assert [each.name for each in manifest.left_out] == [".hidden.csv"]
    again = take_inventory(store, config("memory://desk/*.csv"))
    assert members(again) == {"all": ["a.csv"]}
    assert sorted(again.required) == ["a.csv"]


def test_an_archive_in_a_store_gives_its_members(store, memory):
    memory.pipe("/desk/all.zip", zipped({"fy2011.csv": TABLE, "fy2012.csv": TABLE + b"3,green\n"}))

    manifest = raw_file.materialise(store, config("memory://desk/all.zip", partition=BY_NAME), "FY2012")

    assert [(each.source, each.rows) for each in manifest.sources] == [("fy2012.csv", 3)]


def test_an_object_that_changes_while_it_is_read_is_an_error(store, memory, monkeypatch):
    memory.pipe("/desk/a.csv", TABLE)
    dataset = config("memory://desk/a.csv")
    taken = take_inventory(store, dataset)
    memory.pipe("/desk/a.csv", TABLE + b"3,green\n")
    monkeypatch.setattr(raw_file, "take_inventory", lambda *_: taken)

    with pytest.raises(SourceError, match=r"memory:///desk/a\.csv changed while it was read; run again"):
        raw_file.materialise(store, dataset, "all")
