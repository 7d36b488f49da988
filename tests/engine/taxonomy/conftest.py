import pytest

from rlm_pipeline.taxonomy import dimensions, labels
from tests.engine.taxonomy.stored import CONFIG, YEARS, desk


@pytest.fixture(scope="session")
def discovered(tmp_path_factory):
    """A store with discovered dimensions and labels, the true matters by year, and the dimensions."""
    store, truth = desk(tmp_path_factory.mktemp("discovered"))
    found = dimensions.materialise(store, CONFIG, YEARS)
    for year in YEARS:
        labels.materialise(store, CONFIG, year)
    return store, truth, found
