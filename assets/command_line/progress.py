"""What is being materialised, shown while it runs: a bar on a terminal, a line per step elsewhere."""

import contextlib
import logging
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_LOGGER = logging.getLogger("rlm_pipeline")
_SECONDS_BETWEEN_LINES = 30.0


class _Shown(logging.Handler):
    """Turns the engine's log records into a moving bar."""

    def __init__(self, console: Console, progress: Progress, total: int) -> None:
        super().__init__(logging.INFO)
        self._console = console
        self._progress = progress
        self._task = progress.add_task("starting", total=total, detail="")
        self._started: dict[tuple[str, str | None], float] = {}
        self._done = 0
        self._told = time.monotonic()
        self._total = total

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event is None:
            self._progress.update(self._task, detail=record.getMessage())
            self._tell_pace(record)
            return
        step: tuple[str, str | None] = (getattr(record, "stage", ""), getattr(record, "year", None))
        name = " ".join(part for part in (step[1], step[0]) if part)
        if event == "started":
            self._started[step] = time.monotonic()
            self._progress.update(self._task, description=name, detail="")
            return
        self._done += 1
        self._progress.update(self._task, completed=self._done)
        if not self._console.is_terminal:
            seconds = time.monotonic() - self._started.get(step, time.monotonic())
            self._console.print(f"[{self._done}/{self._total}] {name} {seconds:.1f} s", highlight=False, markup=False)

    def _tell_pace(self, record: logging.LogRecord) -> None:
        """Without a bar, say now and then how far a long step is."""
        is_due = time.monotonic() - self._told >= _SECONDS_BETWEEN_LINES
        if is_due and not self._console.is_terminal and getattr(record, "pace", False):
            self._told = time.monotonic()
            self._console.print(record.getMessage(), highlight=False, markup=False)


@contextlib.contextmanager
def shown(console: Console, total: int) -> Iterator[None]:
    """Show the steps that run inside the block, of `total` expected."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[detail]}"),
    )
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with progress:
        handler = _Shown(console, progress, total)
        before = _LOGGER.level
        _LOGGER.addHandler(handler)
        _LOGGER.setLevel(logging.INFO)
        try:
            yield
        finally:
            _LOGGER.removeHandler(handler)
            _LOGGER.setLevel(before)
