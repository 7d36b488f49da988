"""Which files below a root are not read by their name alone: chosen by the dataset, ignored by git, or never data."""

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_pipeline.configuration import Files
from rlm_pipeline.errors import SourceError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_VERSION_CONTROL = {".git", ".hg", ".svn", ".bzr", "CVS", "_darcs", ".jj"}
_OF_THE_SYSTEM = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "$recycle.bin"}
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
_TEMPORARY = ("*~", "*.swp", "*.swo", "#*#", ".#*", "~$*", ".~lock.*#", "*.crdownload", "*.partial", "*.part")


def reason_never_data(name: str) -> str:
    """Why a file or folder of this base name is never read, or empty; whatever a dataset includes."""
    if name in _VERSION_CONTROL:
        return "version control"
    if name == ".DS_Store" or name.startswith("._") or name.casefold() in _OF_THE_SYSTEM:
        return "written by the operating system"
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _TEMPORARY):
        return "temporary file of an editor or a download"
    return ""


@dataclass(slots=True)
class Rules:
    """The rules of one source; paths are relative to its root, with `/`, folders ending in it."""

    files: Files
    _include: "GitIgnoreSpec | None" = field(init=False)
    _exclude: "GitIgnoreSpec | None" = field(init=False)
    _hidden: "GitIgnoreSpec | None" = field(init=False)
    _ignored: "dict[str, GitIgnoreSpec]" = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        hidden = tuple(pattern for pattern in self.files.include if pattern.startswith(".") or "/." in pattern)
        self._include = _spec(self.files.include, "files.include")
        self._exclude = _spec(self.files.exclude, "files.exclude")
        self._hidden = _spec(hidden, "files.include")

    def read_gitignore(self, folder: Path, path: str) -> None:
        """Honour the .gitignore in `folder`, whose relative path is `path`, empty or ending in `/`."""
        if not self.files.gitignore:
            return
        try:
            text = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        # A line that is no pattern is one that git passes over too.
        lines = [line for line in text.splitlines() if _is_pattern(line)]
        self._ignored[path] = _matcher(lines)

    def reason(self, path: str) -> str:
        """Why the file or folder `path` is not read, or empty; what is above it has been asked before."""
        name = path.rstrip("/").rpartition("/")[2]
        never = reason_never_data(name)
        if never:
            return never
        excluded = self._reason_excluded(path)
        if excluded:
            return excluded
        if name.startswith(".") and not self._includes_hidden(path):
            return "hidden: its name starts with a dot; name it in files.include to read it"
        ignored = self._reason_gitignore(path)
        if ignored:
            return ignored
        return self._reason_not_included(path)

    def reason_of_path(self, path: str) -> str:
        """Why the file `path` is not read, be it for a folder it is in; or empty."""
        parts = path.split("/")
        folders = ("/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
        return next((reason for each in (*folders, path) if (reason := self.reason(each))), "")

    def reason_chosen(self, path: str) -> str:
        """Why the dataset's own globs leave out `path`, or empty; nothing else is asked."""
        return self._reason_excluded(path) or self._reason_not_included(path)

    def _reason_excluded(self, path: str) -> str:
        if self._exclude is None or not self._exclude.match_file(path):
            return ""
        return f"excluded by files.exclude {_pattern(self._exclude, self.files.exclude, path)!r}"

    def _reason_not_included(self, path: str) -> str:
        # Of an archive, as of a folder, what is in it is asked.
        if self._include is None or path.casefold().endswith(("/", *_ARCHIVES)) or self._include.match_file(path):
            return ""
        return "not among files.include"

    def _includes_hidden(self, path: str) -> bool:
        if self._hidden is None:
            return False
        # Whether anything in a hidden folder is wanted shows only when it is looked into.
        return path.endswith("/") or self._hidden.match_file(path)

    def _reason_gitignore(self, path: str) -> str:
        parents = path.rstrip("/").split("/")[:-1]
        for depth in range(len(parents), -1, -1):
            base = "".join(f"{part}/" for part in parents[:depth])
            spec = self._ignored.get(base)
            verdict = spec.check_file(path[len(base) :]) if spec is not None else None
            if verdict is not None and verdict.include is not None:
                return f"ignored by {base}.gitignore" if verdict.include else ""
        return ""


def _spec(patterns: tuple[str, ...], key: str) -> "GitIgnoreSpec | None":
    if not patterns:
        return None
    try:
        return _matcher(list(patterns))
    except ValueError as error:
        raise SourceError(f"{key}: {error}; write globs such as '*.csv' or 'exports/**/*.json'") from error


def _matcher(lines: list[str]) -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)


def _is_pattern(line: str) -> bool:
    try:
        _matcher([line])
    except ValueError:
        return False
    return True


def _pattern(spec: "GitIgnoreSpec", patterns: tuple[str, ...], path: str) -> str:
    index = spec.check_file(path).index
    return patterns[index] if index is not None else ", ".join(patterns)
