import dataclasses
from pathlib import Path

import numpy as np
import pytest

from rlm_pipeline.llm.ledger import FILE, Ledger
from rlm_pipeline.profiling import schema
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import dimensions, levels, sampling, selection
from rlm_pipeline.taxonomy.review import growing
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.tree import Clustered
from tests.engine.taxonomy.review import planted
from tests.engine.taxonomy.stored import put
from tests.fakes.messages_api import MessagesApi


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")


@dataclasses.dataclass(frozen=True)
class Desk:
    """A clustered sample of statements, and a way to have it reviewed."""

    store: DatasetStore
    clustered: Clustered

    def reviewed(self, folder: Path, answer, *, config=planted.MODEL, clustered=None, api=None):
        api = api or MessagesApi(answer=answer)
        with Ledger(folder / FILE) as ledger:
            reviewer = Reviewer(config=config, ledger=ledger, transport=api.transport())
            return growing.grow(self.store, clustered or self.clustered, open_encoder("static"), reviewer)

    def offline(self, clustered=None):
        return growing.grow(self.store, clustered or self.clustered, open_encoder("static"))

    def split(self, category):
        """The sample with one category cut in two at random."""
        labels = self.clustered.cut.labels.copy()
        inside = np.flatnonzero(labels == category)
        labels[inside[::2]] = labels.max() + 1
        cut = levels.refined(self.clustered.path, self.clustered.cut, labels, seed=0)
        return dataclasses.replace(self.clustered, cut=cut)


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """Twelve topics in four fields, clustered as discovery does."""
    store = DatasetStore(tmp_path_factory.mktemp("reviewed") / "letters")
    partitions = put(store, planted.OFFLINE, {"FY2020": {"letter": planted.statements(600, seed=1)[0]}})
    column = schema.load(store).column("letter")
    sample = sampling.draw(store, column, partitions, limit=400, seed=0).statements
    static = open_encoder("static")
    vectors = static.encode(sample["statement"].to_list())
    path = levels.search(vectors, 0)
    choice = selection.choose(path)
    cut = levels.refined(path, choice.cut, selection.whole(path, choice.cut, vectors), seed=0)
    statements = sample.with_columns(text=sample["statement"], lower=sample["statement"].str.to_lowercase())
    return Desk(
        store=store,
        clustered=Clustered(
            column=column, statements=statements, vectors=vectors, path=path, cut=cut, seed=0, past=None
        ),
    )


@pytest.fixture
def discover(tmp_path):
    """Discover the dimensions of letters with a model, or offline; all in one ledger."""

    def run(texts, answer=None, *, name="letters", config=planted.MODEL, api=None):
        store = DatasetStore(tmp_path / name / "letters")
        partitions = put(store, config, {"FY2020": {"letter": texts}})
        api = api or MessagesApi(answer=answer)
        with Ledger(tmp_path / FILE) as ledger:
            found = dimensions.materialise(store, config, partitions, ledger=ledger, transport=api.transport())
        return store, found.dimensions[0], api

    return run
