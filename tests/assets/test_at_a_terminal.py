"""What a person at a terminal does: answers a question, presses Ctrl-C, looks at a narrow screen."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assets.exchanged import printed, stored

ROOT = Path(__file__).parents[2]
RLM = [sys.executable, "-c", "from assets.command_line import app; app()"]


@pytest.fixture
def environment(tmp_path):
    return {
        **os.environ,
        "RLM_HOME": str(tmp_path / "store"),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "80",
        "TERM": "xterm-256color",
    }


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("RLM_HOME", str(tmp_path / "store"))
    return stored(tmp_path)


def typed(arguments, answer, environment, folder):
    """What the terminal showed after `answer` was typed at the question, and the exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*RLM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder, close_fds=True
    )
    os.close(theirs)
    shown, answered = "", False
    while select.select([ours], [], [], 60)[0]:
        try:
            shown += os.read(ours, 65536).decode("utf-8", "replace")
        except OSError:  # the other side is closed
            break
        if not answered and "?" in shown:
            os.write(ours, answer)
            answered = True
    os.close(ours)
    return shown, process.wait(timeout=60)


@pytest.mark.parametrize(
    ("command", "answer"),
    [("reset", b"y\n"), ("reset", b"n\n"), ("delete", b"y\n"), ("delete", b"\n"), ("delete", b"\x03")],
)
def test_a_terminal_is_asked_before_anything_is_removed(store, environment, tmp_path, command, answer):
    removed = answer == b"y\n"
    shown, code = typed([command, "mine"], answer, environment, tmp_path)

    assert "mine" in shown
    assert "[y/N]" in shown
    assert "Traceback" not in shown
    assert store.chunks_path("all").exists() is not removed
    assert code == (0 if removed else 1)


def interrupted(arguments, environment, folder, when):
    """Send Ctrl-C once the command has said `when` on standard error; returns exit code and standard error."""
    said = ""
    with subprocess.Popen(
        [*RLM, *arguments], env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr:
            said += line
            if when in said:
                process.send_signal(signal.SIGINT)
                break
        said += process.stderr.read()
    return process.returncode, said


def test_a_load_that_was_interrupted_goes_on_with_the_next(environment, tmp_path, monkeypatch):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3):
        rows = "".join(f"{n},printer {n} jams on tray {n % 7}\n" for n in range(20_000))
        (folder / f"t{number}.csv").write_text("id,subject\n" + rows)

    code, said = interrupted(["load", "many"], environment, tmp_path, "[1/")

    assert code == 1
    assert "interrupted; what was finished is kept" in " ".join(said.split())
    assert "Traceback" not in said
    again = subprocess.run(
        [*RLM, "load", "many"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "[1/7]" not in again.stderr, "what was read is not read again"
    monkeypatch.setenv("RLM_HOME", environment["RLM_HOME"])
    status = printed("chunk", "status", "many", "--json")
    assert status["chunks"] == status["embedded"] > 0


def test_a_reading_command_that_is_interrupted_says_so_in_one_sentence(store, environment, tmp_path):
    with subprocess.Popen(
        [*RLM, "aggregate", "mine", "-"],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write("{")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=8)  # it waits for the rest of its input
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "interrupted" in said
    assert "Traceback" not in said


def test_a_terminal_has_the_words_that_matched_marked(environment, tmp_path):
    stored(tmp_path, indexed=True)

    shown, code = typed(["search", "mine", "printer", "-k", "2", "--mode", "bm25"], b"", environment, tmp_path)

    assert code == 0, shown
    assert re.search(r"\x1b\[[0-9;]*m[Pp]rinter\x1b\[0m", shown)
    assert "rlm chunk get mine" in shown
