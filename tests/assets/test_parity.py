"""The pages about the commands say what is: every test, command and option they name exists."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.command_line import app
from assets.command_line.reference import commands, reference

ROOT = Path(__file__).parents[2]
PARITY = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
ROWS = [line for line in PARITY.splitlines() if line.startswith("| ") and not line.startswith("| rlm-rs")]
COMMANDS = commands()
OF_TYPER = {"--help"}


def cells(row):
    return [each.strip() for each in re.split(r"(?<!\\)\|", row)[1:-1]]


def spans(text):
    return re.findall(r"`([^`]+)`", text)


def named_in(ours):
    """Each command in a cell with the options behind it, up to the next command."""
    command = None
    for span in spans(ours):
        words = span.split()
        if words[0] == "rlm":
            path = [each for each in words[1:] if not each.startswith("-")]
            command = " ".join(path[:2]) if " ".join(path[:2]) in COMMANDS else " ".join(path[:1]) or "rlm"
            yield command, None
        yield from ((command, each) for each in words if each.startswith("--"))


def test_every_row_has_a_test_or_a_reason():
    assert len(ROWS) > 50
    for row in ROWS:
        _, ours, tests = cells(row)
        assert bool(spans(tests)) != ours.startswith("none: "), row


@pytest.mark.parametrize("name", sorted({each for row in ROWS for each in spans(cells(row)[2])}))
def test_every_test_named_exists(name):
    path, _, function = name.partition("::")

    assert re.search(rf"^def {function}\(", (ROOT / "tests" / path).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: cells(row)[0][:60])
def test_every_command_and_option_named_exists(row):
    for command, option in named_in(cells(row)[1]):
        assert command in COMMANDS
        assert option is None or option in COMMANDS[command] | OF_TYPER, (command, option)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command):
    result = CliRunner().invoke(app, [*([] if command == "rlm" else command.split()), "--help"])

    assert result.exit_code == 0
    assert len(result.stdout.split()) > 10


def test_the_reference_is_what_the_commands_say():
    stored = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

    assert stored == reference(), "write it anew: python -m assets.command_line.reference > docs/commands.md"
