"""The files below a folder, sorted, each once; links are not followed out of it."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from rlm_pipeline.configuration import Files
from rlm_pipeline.model import LeftOut
from rlm_pipeline.sources.code.left_out import reason_to_leave_out_folder
from rlm_pipeline.sources.places.listing import Candidate, Listing, local_candidate, printable, summarised
from rlm_pipeline.sources.places.rules import Rules


def list_folder(root: Path, files: Files, *, stores: Path | None = None) -> Listing:
    """What is below `root` and not left out by name; a file is named by its path below `root`.

    A folder that is left out is one entry, with the number of files in it. `stores` is where the pipeline keeps its
    own files, which are never read.

    Raises:
        SourceError: a glob of `files` is no glob.

    """
    own = _identity(stores.stat()) if stores is not None and stores.is_dir() else None
    walk = _Walk(real_root=os.path.realpath(root), own=own, rules=Rules(files))
    walk.folder(root)
    walk.resolve_links()
    candidates = sorted(walk.candidates, key=lambda each: each.name.split("/"))
    return Listing(candidates=tuple(candidates), left_out=summarised(walk.left_out), strict=False)


@dataclass(slots=True)
class _Walk:
    real_root: str
    own: tuple[int, int] | None
    rules: Rules
    candidates: list[Candidate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    links: list[tuple[str, Path]] = field(default_factory=list)

    def folder(self, root: Path) -> None:
        """Go through a folder and all below it; no recursion, as folders may be nested deeper than Python's stack."""
        pending = [("", root)]
        while pending:
            below, folder = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._leave_out(below or "./", f"the folder cannot be read: {error.strerror}")
                continue
            if any(entry.name == ".gitignore" for entry in found):
                self.rules.read_gitignore(folder, below)
            deeper = [step for entry in found if (step := self._entry(entry, below)) is not None]
            pending += reversed(deeper)

    def _entry(self, entry: os.DirEntry[str], below: str) -> tuple[str, Path] | None:
        """Take or leave out one entry of a folder; a folder to go into is returned."""
        path = Path(entry.path)
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            name = f"{below}{entry.name}{'/' if is_folder else ''}"
            reason = self.rules.reason(name) or (is_folder and reason_to_leave_out_folder(entry.name)) or ""
            if is_folder:
                if not reason and _identity(entry.stat(follow_symlinks=False)) == self.own:
                    self._leave_out(name, "what this pipeline stores")
                elif not reason:
                    return name, path
                else:
                    self._leave_out(name, f"{reason} ({_counted(path)})")
            elif reason:
                self._leave_out(name, reason)
            elif entry.is_symlink():
                self.links.append((name, path))
            else:
                self._take(name, path)
        except OSError as error:
            self._leave_out(f"{below}{entry.name}", f"cannot be read: {error.strerror}")
        return None

    def _take(self, name: str, path: Path) -> None:
        if not stat.S_ISREG(path.stat().st_mode):
            self._leave_out(name, "not a file but a pipe, socket or device")
            return
        self.candidates.append(local_candidate(path, printable(name)))

    def _leave_out(self, name: str, reason: str) -> None:
        self.left_out.append(LeftOut(name=printable(name), reason=printable(reason)))

    def resolve_links(self) -> None:
        """Take the links to files below the root that are not read where they are; nothing is read twice."""
        taken = {os.path.realpath(each.path): each.name for each in self.candidates} if self.links else {}
        for name, path in self.links:
            target = os.path.realpath(path)
            if not Path(target).exists():
                self._leave_out(name, "a symbolic link that leads nowhere")
            elif not self._is_below_root(target):
                self._leave_out(name, "a symbolic link out of the source")
            elif Path(target).is_dir():
                self._leave_out(name, "a symbolic link to a folder of the source")
            elif target in taken:
                self._leave_out(name, f"a symbolic link to {taken[target]}, which is read there")
            else:
                taken[target] = printable(name)
                self._take(name, path)

    def _is_below_root(self, target: str) -> bool:
        return os.path.commonpath([self.real_root, target]) == self.real_root


def _identity(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino


def _counted(folder: Path) -> str:
    count = sum(len(names) for _, _, names in os.walk(folder))
    return f"{count:,} file{'' if count == 1 else 's'}"
