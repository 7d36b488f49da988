"""Which columns of a log become dimensions; the log is read by its real reader."""

import random

import polars as pl
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.analysis import derived, statements
from rlm_pipeline.profiling import columns, schema
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store
from rlm_pipeline.taxonomy import categorical, facets

EVENTS = ("wrote block", "read block", "lost the lease of", "found a copy of", "sent a request for")
NOUNS = ("alpha", "beta", "gamma", "delta", "omega", "kappa", "sigma", "lambda", "theta", "zeta")


def log(lines, chance):
    """Half of the lines are of five frequent templates, the others of eighty rare ones."""
    for place in range(lines):
        if place % 2:
            text = f"{chance.choice(EVENTS)} {chance.randrange(10**6)}"
        else:
            text = " ".join(random.Random(place % 160).choices(NOUNS, k=3 + place % 160 // 2 % 15))
        level = chance.choice(("INFO", "INFO", "WARN"))
        yield f"2024-05-01 10:{place // 60 % 60:02d}:{place % 60:02d} {level} store.{place % 3}: {text}\n"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    (folder / "app.log").write_text("".join(log(1200, random.Random(1))))
    (folder / "mine.yaml").write_text("name: mine\nsource: app.log\n")
    config = configuration.load(folder / "mine.yaml")
    store = Store(folder / "store").dataset("mine")
    raw_file.materialise(store, config, "all")
    columns.materialise(store, config, "all")
    schema.materialise(store, config, ("all",))
    statements.materialise(store, config, "all")
    with derived.writing(store.derived_path("all"), dict):
        pass
    return store, config


def test_levels_and_templates_are_dimensions_and_headers_are_none(stored):
    store, config = stored

    found = facets.find(store, config, schema.load(store), ("all",))

    assert {answers.column for answers in found.categorical} >= {"level", "template"}
    assert {"prefix", "timestamp"} <= {*found.left_out, *(c.name for c in schema.load(store).columns if c.role)}
    assert not {"prefix", "timestamp"} & {answers.column for answers in found.categorical}


def test_of_many_templates_the_most_frequent_are_the_categories_and_the_definition_says_so(stored):
    store, config = stored
    found = facets.find(store, config, schema.load(store), ("all",))
    answers = [each for each in found.categorical if each.column == "template"]

    (dimension,) = categorical.dimensions(store, schema.load(store), ("all",), answers)

    templates = store.scan_records("all").select(pl.col("template").n_unique()).collect().item()
    assert templates > 30 >= len(dimension.categories)
    assert "most frequent values" in dimension.definition
