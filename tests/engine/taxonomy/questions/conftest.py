import dataclasses
import shutil
from typing import Any

import pytest

from rlm_pipeline.llm.ledger import FILE, Ledger
from rlm_pipeline.profiling import schema
from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import dimensions, discovery, sampling
from rlm_pipeline.taxonomy.discovery import Discovered, Encoders, Read
from rlm_pipeline.taxonomy.questions import discovery as questions
from rlm_pipeline.taxonomy.review.asked import Reviewer
from tests.engine.taxonomy.questions import planted
from tests.engine.taxonomy.stored import put
from tests.fakes.messages_api import MessagesApi


@pytest.fixture(scope="session", autouse=True)
def key():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "test")
        yield


@pytest.fixture(scope="session")
def texts():
    return planted.statements(420, seed=1)


@dataclasses.dataclass(frozen=True)
class Text:
    """A text that was read and whose topics were found, in a store of its own; its questions can be put at once."""

    store: DatasetStore
    read: Read
    main: Discovered
    encoders: Encoders

    def asked(self, answer: Any, *, past=(), config=planted.MODEL, api=None, offline=False):
        """What comes of questions, and the server that was asked."""
        api = api or MessagesApi(answer=answer)
        with Ledger(self.store.folder.parent / FILE) as ledger:
            found = questions.discover(
                self.store,
                self.read,
                self.encoders,
                others=(self.main,),
                known=("Region",),
                past=past,
                limits=config.discovery,
                reviewer=None if offline else Reviewer(config=config, ledger=ledger, transport=api.transport()),
            )
        return found, api


@pytest.fixture(scope="session")
def read_once(tmp_path_factory, texts):
    store = DatasetStore(tmp_path_factory.mktemp("questions") / "letters")
    partitions = put(store, planted.OFFLINE, {"FY2020": {"letter": [text for text, _, _ in texts]}})
    static = open_encoder("static")
    encoders = Encoders(discovery=static, static=static)
    column = schema.load(store).column("letter")
    read = discovery.read(column, sampling.draw(store, column, partitions, limit=400, seed=0), encoders)
    return Text(store=store, read=read, encoders=encoders, main=discovery.discover(store, read, encoders, seed=0))


@pytest.fixture
def text(tmp_path, read_once):
    folder = shutil.copytree(read_once.store.folder, tmp_path / "letters")
    return dataclasses.replace(read_once, store=DatasetStore(folder))


@dataclasses.dataclass(frozen=True)
class Desk:
    """A dataset of letters, whose dimensions can be discovered again."""

    store: DatasetStore

    def discovered(self, texts, *, answer=None, config=planted.MODEL, api=None):
        """Discover with a model that answers so, or offline; what was found, and the server."""
        api = api or MessagesApi(answer=answer)
        partitions = put(self.store, config, {"FY2020": {"letter": texts}})
        with Ledger(self.store.folder.parent / FILE) as ledger:
            found = dimensions.materialise(self.store, config, partitions, ledger=ledger, transport=api.transport())
        return found, api


@pytest.fixture(scope="session")
def asked_once(tmp_path_factory, key, texts):
    """A desk whose question was answered truthfully, what was found, and the server."""
    desk = Desk(DatasetStore(tmp_path_factory.mktemp("asked") / "letters"))
    return desk, *desk.discovered([text for text, _, _ in texts], answer=planted.model())


@pytest.fixture
def desk(tmp_path, asked_once):
    """The same desk, to be discovered again."""
    shutil.copytree(asked_once[0].store.folder.parent, tmp_path / "desk")
    return Desk(DatasetStore(tmp_path / "desk" / "letters"))


@pytest.fixture(scope="session")
def offline(tmp_path_factory, texts):
    """A desk that no model was asked about, and what was found."""
    desk = Desk(DatasetStore(tmp_path_factory.mktemp("offline") / "letters"))
    return desk, desk.discovered([text for text, _, _ in texts], config=planted.OFFLINE)[0]
