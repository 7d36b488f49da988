import json

import pytest

from rlm_pipeline import configuration
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.profiling import columns
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store

TICKETS = [
    ("printer on fire", "replaced the fuser"),
    ("cannot print on the third floor", "driver reinstalled"),
    ("mail bounces", "quota raised, then mail came"),
    ("printer out of toner", "toner ordered"),
]
NOTES = "# Notes\n\nThe café printer jams on Mondays.\n\nNobody knows why; the café is closed on Sundays.\n" + (
    "\n".join(f"Line {place} says little, only that number {place * 7} is here." for place in range(60)) + "\n"
)


class Mixed:
    """A dataset of a table, a text and JSON lines, as far as its chunks; `secret` is a column nobody may see."""

    def __init__(self, folder):
        self.folder = folder
        self.source = folder / "export"
        self.yaml = folder / "mixed.yaml"
        self.root = folder / "store"
        self.source.mkdir()
        rows = [f"{place},{a},{b},hush{place}" for place, (a, b) in enumerate(TICKETS * 10)]
        (self.source / "tickets.csv").write_text("id,subject,resolution,secret\n" + "\n".join(rows) + "\n")
        (self.source / "notes.md").write_text(NOTES, encoding="utf-8")
        events = [{"kind": "open", "who": f"user {place}"} for place in range(30)]
        (self.source / "events.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events))
        self.yaml.write_text(
            "name: mixed\nsource: export\ncolumns: {ignore: [secret]}\nchunking: {size: 400}\n", encoding="utf-8"
        )
        self.store.register(self.config)
        raw_file.materialise(self.store, self.config, "all")
        columns.materialise(self.store, self.config, "all")
        chunks.materialise(self.store, self.config, "all")

    @property
    def config(self):
        return configuration.load(self.yaml)

    @property
    def store(self):
        return Store(self.root).dataset("mixed")


@pytest.fixture
def mixed(tmp_path):
    return Mixed(tmp_path)
