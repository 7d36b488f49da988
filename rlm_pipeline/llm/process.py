"""Which process made a reservation, and whether it still runs."""

import functools
import os
import socket
from pathlib import Path


@functools.cache
def _identity_of(pid: int) -> str:
    return f"{_machine()}/{pid}/{_started(pid)}"


def identity() -> str:
    """The running process, told apart from every other of any machine, also from a later one of the same number."""
    return _identity_of(os.getpid())


def has_ended(process: str) -> bool:
    """Whether a process of this machine has ended; of another machine's, nothing is known and it has not."""
    machine, pid, started = process.rsplit("/", 2)
    return machine == _machine() and _started(int(pid)) != started


@functools.cache
def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()}/{boot}"


def _started(pid: int) -> str:
    """The tick a process started at; where the system does not tell, only whether it runs. Empty: it does not run."""
    try:
        # The name of the program is in parentheses and may hold any character.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "running"
    return "" if Path("/proc/self/stat").exists() else "running"
