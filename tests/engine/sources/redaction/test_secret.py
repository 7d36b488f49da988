import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import StoreError
from rlm_pipeline.sources.redaction import secret
from rlm_pipeline.store import DatasetStore


@pytest.fixture
def store(tmp_path):
    return DatasetStore(tmp_path / "root" / "mine")


def test_a_root_has_one_secret_for_its_owner_alone(store, tmp_path):
    first = secret.of_root(store)

    assert len(first) == 32
    assert secret.of_root(DatasetStore(tmp_path / "root" / "other")) == first
    assert secret.of_root(DatasetStore(tmp_path / "elsewhere" / "mine")) != first
    assert stat.S_IMODE(store.redaction_key_path.stat().st_mode) == 0o600
    assert not store.folder.exists()


def test_many_who_ask_first_get_the_same(store):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret.of_root(store), range(40)))

    assert len(found) == 1
    assert [path.name for path in store.redaction_key_path.parent.iterdir()] == ["redaction.key"]


@pytest.mark.parametrize("content", ["", "not hex", "ab" * 31])
def test_a_damaged_secret_is_not_used(store, content):
    secret.of_root(store)
    store.redaction_key_path.write_text(content)

    with pytest.raises(StoreError, match=r"redaction\.key is damaged"):
        secret.of_root(store)


def test_without_the_setting_there_is_no_secret(store):
    assert secret.redaction_of(store, DatasetConfig(name="mine", source="a.csv")) is None
    assert not store.redaction_key_path.exists()
