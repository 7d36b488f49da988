"""The analysts' instructions: one Markdown file each, with its version in front."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pydantic
import yaml

from rlm_pipeline import fingerprint
from rlm_pipeline.errors import ConfigurationError

SHIPPED = tuple(Path(__file__).parents[up] / "configs" / "analysts" for up in (2, 1))
"""Where the prompts are: beside the packages in a checkout, inside this package where it is installed."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*\n(.*)\Z", re.DOTALL)


class _FrontMatter(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    version: str
    analyst: str
    model: Literal["analyst", "synthesizer"] = "analyst"
    types: tuple[str, ...] = ()
    facets: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The instructions of one analyst; `text` is sent before every request of its, `model` is the setting to use.

    `types` are the kinds of findings it may report, `facets` the questions it answers about records, with what each
    means. `version` is shown with findings: the file's own version and a fingerprint of all that a reader is told, so
    that no edit goes unseen.
    """

    name: str
    analyst: str
    model: Literal["analyst", "synthesizer"]
    types: tuple[str, ...]
    facets: Mapping[str, str]
    version: str
    text: str


def load(name: str, folder: str | None = None) -> Prompt:
    """The prompt `name`.md: of `folder` if it is there, else the one that comes with the pipeline.

    Raises:
        ConfigurationError: the file is in none of the folders, has no front matter, or a key is unknown, missing or
            wrong; names the file and the key.

    """
    path = _path(name, folder)
    try:
        whole = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigurationError(path, "", f"expected UTF-8 text; {error}") from error
    parts = _FRONT_MATTER.match(whole)
    if parts is None:
        raise ConfigurationError(path, "", "expected front matter: a line ---, version: and analyst:, a line ---")
    front = _front_matter(path, parts[1])
    instructions = parts[2].strip()
    if not instructions:
        raise ConfigurationError(path, "", "expected the analyst's instructions after the front matter, found none")
    told = fingerprint.short(instructions, *front.types, *(part for facet in front.facets.items() for part in facet))
    return Prompt(
        name=name,
        analyst=front.analyst,
        model=front.model,
        types=front.types,
        facets=front.facets,
        version=f"{front.version}-{told[:8]}",
        text=instructions,
    )


def names(folder: str | None = None) -> tuple[str, ...]:
    """The names of all prompts, sorted."""
    return tuple(sorted({path.stem for each in _folders(folder) for path in each.glob("*.md")}))


def _folders(folder: str | None) -> tuple[Path, ...]:
    if folder is None:
        return SHIPPED
    own = Path(folder).expanduser()
    if not own.is_dir():
        raise ConfigurationError(own, "", "analysis.prompts names this folder, which is not there")
    return (own, *SHIPPED)


def _path(name: str, folder: str | None) -> Path:
    folders = _folders(folder)
    path = next((each / f"{name}.md" for each in folders if (each / f"{name}.md").is_file()), None)
    if path is None:
        raise ConfigurationError(
            folders[0] / f"{name}.md", "", f"no such prompt; there are {', '.join(names(folder)) or 'none'}"
        )
    return path


def _front_matter(path: Path, text: str) -> _FrontMatter:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(path, "", f"front matter that is not YAML; {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(path, "", "expected front matter of keys: version, analyst, and optionally model")
    try:
        return _FrontMatter.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        expected = {
            "missing": "missing; this key is required",
            "extra_forbidden": f"unknown key; expected one of {', '.join(_FrontMatter.model_fields)}",
        }
        raise ConfigurationError(path, key, expected.get(first["type"], first["msg"])) from error
