import pytest

from tests.engine.taxonomy.curation.decided import Letters, about


@pytest.fixture
def letters(discovered, tmp_path):
    store, _, _ = discovered
    return Letters(store.folder, tmp_path)


@pytest.fixture(scope="session")
def matter(discovered):
    """The category as discovered that is about a matter, by the matter's name."""
    store, truth, found = discovered
    return lambda name: about(store, found, truth, name)
