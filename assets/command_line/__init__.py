"""The `rlm` command: exit 0 when it worked, 1 when it failed, 2 when it was called wrongly."""

from assets.command_line import (
    chunks,
    datasets,
    demo,
    estimate,
    evaluate,
    findings,
    hand_out,
    look,
    profile,
    records,
    run,
    search,
    variables,
)
from assets.command_line.buffers import buffer_app
from assets.command_line.group import new_app
from assets.command_line.taxonomy import taxonomy_app

app = new_app()
app.command("demo")(demo.demo)
app.command("load")(datasets.load)
app.command("run")(run.run)
app.command("estimate")(estimate.estimate)
app.command("status")(run.status)
app.command("datasets")(datasets.list_datasets)
app.command("profile")(profile.profile)
app.command("schema")(look.schema)
app.command("search")(search.search)
app.command("grep")(records.grep)
app.command("peek")(records.peek)
app.add_typer(chunks.chunk_app, name="chunk")
app.command("write-chunks")(chunks.write_chunks)
app.command("dispatch")(hand_out.dispatch)
app.command("aggregate")(hand_out.aggregate)
app.command("findings")(findings.findings)
app.command("labels")(look.labels)
app.add_typer(taxonomy_app, name="taxonomy")
app.command("evaluate")(evaluate.evaluate)
app.add_typer(records.sources_app, name="sources")
app.add_typer(buffer_app, name="buffer")
app.command("var")(variables.of_dataset)
app.command("global")(variables.of_store)
app.command("export")(datasets.export)
app.command("import")(datasets.import_archive)
app.command("reset")(datasets.reset)
app.command("delete")(datasets.delete)
