from pathlib import Path

import dagster as dg
import pytest

from rlm_pipeline import configuration
from rlm_pipeline.evaluation.support_desk import write_support_desk
from rlm_pipeline.store import Store


class Desk:
    """A small planted support desk, its store and its own Dagster instance."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "source"
        self.root = folder / "store"
        self.home = folder / "dagster"
        self.yaml = folder / "desk.yaml"
        self.yaml.write_text(
            "name: desk\nsource: source/support_fy*.csv\n"
            "partition: {by: filename, pattern: 'fy(?P<year>\\d{4})'}\n"
            # The static encoder spares a minute of MiniLM, which has tests of its own.
            "discovery: {max_statements: 300}\nembedding: {discovery: static}\n",
            encoding="utf-8",
        )

    @property
    def config(self):
        return configuration.load(self.yaml)

    @property
    def store(self):
        return Store(self.root).dataset("desk")


@pytest.fixture
def in_desk(monkeypatch):
    """Point the process at a desk's store and instance; nothing outside its folder is touched."""

    def point(desk: Desk) -> dg.DagsterInstance:
        from assets import instance

        monkeypatch.setenv("RLM_HOME", str(desk.root))
        monkeypatch.setenv("DAGSTER_HOME", str(desk.home))
        return instance.open_instance(desk.root)

    return point


@pytest.fixture
def new_desk(tmp_path):
    def write(*, rows: int, columns: int = 30, years: int = 2, dirt: float = 1.0) -> Desk:
        desk = Desk(tmp_path)
        write_support_desk(desk.source, rows=rows, columns=columns, years=years, dirt=dirt)
        return desk

    return write
