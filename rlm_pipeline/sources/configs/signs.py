"""Whether a text is a configuration file, and of which kind."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import PurePosixPath

import yaml

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.configs.ini_lines import SECTION, VALUE
from rlm_pipeline.sources.configs.leaf import DEEPEST
from rlm_pipeline.sources.configs.yaml_lines import LINE
from rlm_pipeline.sources.recognition import Recognised, TextSample, with_suffix

FORMATS = frozenset({"config"})

_SUFFIXES = {
    "yaml": frozenset({".yaml", ".yml"}),
    "toml": frozenset({".toml"}),
    "ini": frozenset(
        {".ini", ".cfg", ".conf", ".cnf", ".properties", ".env", ".inf", ".desktop", ".service", ".editorconfig"}
    ),
}
_INI_NAMES = frozenset(
    (".gitconfig", ".gitmodules", ".npmrc", ".flake8", ".coveragerc", ".pylintrc", ".pypirc", ".hgrc", ".editorconfig")
)
_SHOWN = 1 << 16  # characters looked through
_PARSES, _MOSTLY, _FITS, _SOME = 0.75, 0.6, 0.55, 0.3
_MOST_LINES = 0.5
_FEWEST_VALUES = 2
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BRACED = re.compile(r"^[^=#;]*[{};]\s*$")  # nginx, ISC and JavaScript have such lines, INI has not
_PLAIN_KEY = re.compile(r"(?:export\s+)?[A-Za-z_][\w.\-]*\s*=.*")
_YAML_KEY = re.compile(r"\s*(?:- )*[A-Za-z_][\w.\-/]*:(?:\s.*)?|\s*- .*|---|\.\.\.")


def recognise(sample: TextSample, wanted: str) -> Recognised | None:
    """The kind of configuration that `sample` is; None if it is none.

    Raises:
        SourceError: `wanted` is config, but fewer than half of the lines are keys with values.

    """
    text = _shown(sample)
    lines = [line for line in text.splitlines() if line.strip()]
    verdicts = [judge(sample, text, lines, asked=wanted in FORMATS) for judge in (_toml, _ini, _yaml)]
    found = [verdict for verdict in verdicts if verdict is not None]
    if not found:
        if wanted in FORMATS:
            raise SourceError("is not a configuration file: fewer than half of its lines are a key with a value")
        return None
    return max(found, key=lambda verdict: verdict.confidence)


def _shown(sample: TextSample) -> str:
    """The start of the text, up to a line that something new may start on."""
    text = sample.text.lstrip("\ufeff")
    if sample.whole and len(text) <= _SHOWN:
        return text
    text = text[:_SHOWN]
    ends = [match.start() for match in re.finditer(r"^[A-Za-z_\[\-]", text, re.MULTILINE)]
    return text[: ends[-1]] if ends and ends[-1] else text


def _named(sample: TextSample, kind: str) -> bool:
    base = PurePosixPath(sample.name).name.lower()
    return sample.suffix in _SUFFIXES[kind] or (kind == "ini" and (base in _INI_NAMES or base.startswith(".env")))


def _judged(
    sample: TextSample, kind: str, *, parses: bool, share: float, evidence: str, asked: bool
) -> Recognised | None:
    """The verdict on a text that parses, or of whose lines `share` have the format's shape."""
    named = _named(sample, kind)
    if parses:
        confidence = _PARSES if named else _FITS
    elif share >= _MOST_LINES and (named or asked):
        confidence = _MOSTLY if named else _SOME
    else:
        return None
    return Recognised(detected_type=kind, confidence=with_suffix(confidence, agrees=named), evidence=evidence)


def _toml(sample: TextSample, text: str, lines: Sequence[str], *, asked: bool) -> Recognised | None:
    named = _named(sample, "toml")
    fit = [bool(_PLAIN_KEY.fullmatch(line) or SECTION.fullmatch(line) or line.lstrip()[:1] == "#") for line in lines]
    share = sum(fit) / len(fit) if fit else 0.0
    if not (named or asked or share >= _MOST_LINES):
        return None
    try:
        values = sum(len(value) if isinstance(value, dict) else 1 for value in tomllib.loads(text).values())
    except (ValueError, RecursionError):
        values = 0
    parses = values >= (1 if named else _FEWEST_VALUES)
    evidence = (
        f"TOML: {values} keys" if parses else f"TOML: {share:.0%} of the lines are keys with values, it does not parse"
    )
    return _judged(sample, "toml", parses=parses, share=share if named else 0.0, evidence=evidence, asked=asked)


def _ini(sample: TextSample, text: str, lines: Sequence[str], *, asked: bool) -> Recognised | None:  # noqa: ARG001
    sections = sum(SECTION.fullmatch(line) is not None for line in lines)
    braced = sum(_BRACED.search(line) is not None for line in lines)
    values = sum(VALUE.fullmatch(line) is not None and _BRACED.search(line) is None for line in lines)
    bare = sum(line.lstrip().startswith(("#", ";", "!")) for line in lines)
    indented = sum(line[:1].isspace() and VALUE.fullmatch(line) is None for line in lines)
    share = max(0, sections + values + bare + indented - braced) / len(lines) if lines else 0.0
    evidence = f"INI: {sections} sections, {values} keys on {len(lines):,} lines"
    strict = [line for line in lines if not line.lstrip().startswith(("#", ";", "!")) and not SECTION.fullmatch(line)]
    keys = [line.partition("=")[0].strip() for line in strict]
    fits = all(_PLAIN_KEY.fullmatch(line.strip()) for line in strict) and len(keys) >= _FEWEST_VALUES
    distinct = bool(sections) or len(set(keys)) == len(keys)
    parses = (share == 1.0 and (sections or values) > 0) if _named(sample, "ini") else fits and distinct
    return _judged(sample, "ini", parses=parses, share=share if values else 0.0, evidence=evidence, asked=asked)


def _yaml(sample: TextSample, text: str, lines: Sequence[str], *, asked: bool) -> Recognised | None:
    named = _named(sample, "yaml")
    kept = [line for line in lines if not line.lstrip().startswith(("#", "%"))]
    fit = sum(
        (match := LINE.fullmatch(line)) is not None and bool(match["key"] or "-" in match["dashes"]) for line in kept
    )
    share = fit / len(kept) if kept else 0.0
    shaped = all(_YAML_KEY.fullmatch(line) for line in kept) and any(":" in line for line in kept)
    if not (named or (asked and share >= _MOST_LINES) or (shaped and len(kept) >= _FEWEST_VALUES)):
        return None
    values = _yaml_values(text)
    parses = values >= (1 if named else _FEWEST_VALUES) and (named or asked or shaped)
    evidence = (
        f"YAML: {values} values"
        if parses
        else f"YAML: {share:.0%} of the lines are keys with values, it does not parse"
    )
    return _judged(sample, "yaml", parses=parses, share=share, evidence=evidence, asked=asked)


def _yaml_values(text: str) -> int:
    """Scalars in a YAML text whose root is a mapping or a sequence; 0 if it is none."""
    values = depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent):
                values += 1
                if depth == 0:
                    return 0
            if depth > DEEPEST:
                return 0
    except yaml.YAMLError:
        return 0
    return values
