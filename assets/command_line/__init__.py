"""The `rlm` command: exit 0 when it worked, 1 when it failed, 2 when it was called wrongly."""

from assets.command_line import demo, evaluate, look, profile, run
from assets.command_line.group import new_app

app = new_app()
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("status")(run.status)
app.command("profile")(profile.profile)
app.command("schema")(look.schema)
app.command("search")(look.search)
app.command("labels")(look.labels)
app.command("taxonomy")(look.taxonomy)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(look.chunk_app, name="chunk")
