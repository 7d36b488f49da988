"""What the tests of the commands share: a small stored dataset, and the command itself."""

import json

from typer.testing import CliRunner

from assets.command_line import app
from rlm_pipeline import configuration
from rlm_pipeline.chunking import stage as chunks
from rlm_pipeline.profiling import columns
from rlm_pipeline.retrieval import embeddings, lexical
from rlm_pipeline.sources import raw_file
from rlm_pipeline.store import Store

NOTES = "# Notes\n\nThe café printer jams on Mondays.\n\n" + "".join(f"Line {n} says {n * 7}.\n" for n in range(60))


def rlm(*arguments, **how):
    return CliRunner().invoke(app, [str(each) for each in arguments], **how)


def printed(*arguments, **how):
    """What the command prints, as JSON."""
    result = rlm(*arguments, **how)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def lines_printed(*arguments, **how):
    """What the command prints as NDJSON: each line is one object."""
    result = rlm(*arguments, "--format", "ndjson", **how)
    assert result.exit_code == 0, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(isinstance(each, dict) for each in found)
    return found


def stored(folder, *, indexed=False):
    """A dataset `mine` of a text and a table, whose column `secret` nobody may see, as far as its chunks."""
    source = folder / "export"
    source.mkdir()
    (source / "notes.md").write_text(NOTES, encoding="utf-8")
    rows = "".join(f"{n},printer {n} is on fire,hush{n}\n" for n in range(40))
    (source / "tickets.csv").write_text("id,subject,secret\n" + rows)
    (folder / "mine.yaml").write_text(
        "name: mine\nsource: export\ncolumns: {ignore: [secret]}\nchunking: {size: 400}\n", encoding="utf-8"
    )
    config = configuration.load(folder / "mine.yaml")
    store = Store(folder / "store").dataset("mine")
    store.register(config)
    for stage in (raw_file, columns, chunks, *([embeddings, lexical] if indexed else [])):
        stage.materialise(store, config, "all")
    return store
