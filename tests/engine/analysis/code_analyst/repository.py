"""Small repositories, read and cut by the real stages."""

from collections.abc import Mapping
from pathlib import Path

from rlm_pipeline import configuration
from rlm_pipeline.analysis import batches
from rlm_pipeline.analysis.routing import Assignment
from rlm_pipeline.analysis.window import Window
from rlm_pipeline.chunking import stage
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.profiling import columns
from rlm_pipeline.profiling.pairs import stage as pairs
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import DatasetStore, Store

SMALL = {
    "app/__init__.py": "",
    "app/db.py": (
        '"""Access to the database."""\n'
        "import sqlite3\n"
        "from app import web\n\n\n"
        "def load(name):\n"
        "    connection = sqlite3.connect('app.db')\n"
        "    return connection.execute(\"SELECT * FROM users WHERE name = '%s'\" % name)\n\n\n"
        "def _old():\n"
        "    return None\n\n\n"
        "class Users:\n"
        '    """All users."""\n\n'
        "    def names(self, ids):\n"
        "        for each in ids:\n"
        "            self.cursor.execute('SELECT name FROM users WHERE id = ?', (each,))\n"
    ),
    "app/web.py": (
        "import os\n"
        "from app.db import load\n\n\n"
        "def show(name, seen=[]):\n"
        "    os.system('echo ' + name)\n"
        "    os.system('date ' + name)\n"
        "    return load(name)\n"
    ),
    "static/page.js": (
        "function show(text) {\n  document.getElementById('a').innerHTML = text;\n}\nmodule.exports = show;\n"
    ),
    "native/copy.c": "#include <string.h>\n\nstatic void copy(char *to, char *from) {\n    strcpy(to, from);\n}\n",
    "notes.txt": "This is a note about the program.\n",
}  # fmt: skip


def stored(folder: Path, files: Mapping[str, str | bytes], more: str = "") -> tuple[DatasetStore, DatasetConfig]:
    """Write the files of a repository and run every stage up to chunks."""
    for name, content in files.items():
        path = folder / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "mine.yaml").write_text(f"name: mine\nsource: {folder / 'repository'}\nchunking: {{size: 300}}\n{more}")
    config = configuration.load(folder / "mine.yaml")
    store = Store(folder / "store").dataset("mine")
    for each in (raw_file, columns, pairs, stage):
        each.materialise(store, config, "all")
    return store, config


def assignment(store: DatasetStore, config: DatasetConfig, *, batch_records: int, window_batches: int) -> Assignment:
    """What the code analyst is given, in batches and windows of these sizes."""
    plan = batches.plan(store, "all", batch_records=batch_records)
    runs = [plan.batches[first : first + window_batches] for first in range(0, len(plan.batches), window_batches)]
    sources = tuple(each for each in store.manifest("all").sources if each.detected_type == "code")
    return Assignment(
        store=store,
        config=config,
        partition="all",
        sources=sources,
        windows=tuple(Window(store=store, partition="all", batches=run) for run in runs),
    )
