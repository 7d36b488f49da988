"""What Pygments' tables of file names do not settle.

Which of its languages are no code, which suffixes are everyday, and how those that several languages share are told
apart by content.
"""

import re

NOT_CODE = frozenset(
    {
        "ASCII armored", "ApacheConf", "BARE", "Bash Session", "BibTeX", "Caddyfile", "Csound Score", "DTD",
        "Darcs Patch", "Debian Control file", "Debian Sourcelist", "Debian Sources file", "Desktop file", "Diff",
        "Dylan session", "E-mail", "Erlang erl session", "GAP session", "Gettext Catalog", "Groff", "HTML",
        "HTML + Angular2", "HTML+Django/Jinja", "HTML+UL4", "INI", "IRC logs", "JSON", "JSON-LD", "JSON5",
        "Kernel log", "LDAP configuration file", "LDIF", "Lighttpd configuration file", "Markdown", "NestedText",
        "Nginx configuration file", "Org Mode", "PacmanConf", "PkgConfig", "PostgreSQL EXPLAIN dialect", "PostScript",
        "Procfile", "Properties", "PyPy Log", "Python 2.x Traceback", "Python Traceback", "RConsole", "SmartGameFormat",
        "SquidConf", "Srcinfo", "Systemd", "TAP", "TOML", "TeX", "Termcap", "Terminfo", "Text only", "Todotxt",
        "Turtle", "Typst", "WDiff", "World of Warcraft TOC", "XML", "XML+Django/Jinja", "XML+UL4", "XSLT",
        "XUL+mozpreproc", "Xorg", "YAML", "YAML+Jinja", "Zone", "c-objdump", "cpp-objdump", "d-objdump", "g-code",
        "objdump", "objdump-nasm", "reStructuredText", "reg", "scdoc", "sqlite3con", "tiddler",
    }
)  # fmt: skip
"""Lexers of Pygments for markup, configuration, data and transcripts, which other families read, or none does."""

EVERYDAY = frozenset(
    {
        "Ada", "Awk", "Bash", "Batchfile", "C", "C#", "C++", "CMake", "COBOL", "CSS", "CUDA", "Clojure",
        "ClojureScript", "CoffeeScript", "Common Lisp", "Crystal", "Cython", "Dart", "Delphi", "Docker", "Elixir",
        "Elm",
        "EmacsLisp", "Erlang", "Fish", "Fortran", "GDScript", "GLSL", "Go", "GraphQL", "Groovy", "HLSL", "HTML+PHP",
        "Haskell", "JSX", "Java", "Java Server Page", "JavaScript", "Jsonnet", "Julia", "Kotlin", "LessCss", "Lua",
        "Luau", "Makefile", "Meson", "NASM", "Nimrod", "Nix", "Objective-C++", "OCaml", "PHP", "PowerShell",
        "Protocol Buffer", "PureScript", "Python", "QML", "Racket", "ReasonML", "Ruby", "Rust", "SAS", "SCSS", "Sass",
        "Scala", "Scheme", "Solidity", "Standard ML", "Swift", "TSX", "Tcl", "Tcsh", "Terraform", "Thrift",
        "TypeScript", "VB.net", "VBScript", "Vala", "VimL", "Vue", "Vyper", "WebGPU Shading Language", "Zig", "aspx-cs",
        "systemverilog", "vhdl",
    }
)  # fmt: skip
"""Lexers whose suffixes hardly ever mean anything else."""

LANGUAGES = {"HTML+PHP": "php", "JSX": "javascript", "S": "r", "Nimrod": "nim", "SQL+Jinja": "sql", "VB.net": "vb"}
"""Lexers that go by another name here than by their first alias."""

SUFFIXES = {
    ".as": "actionscript", ".asm": "nasm", ".bats": "bash", ".bas": "vb", ".c": "c", ".cl": "common-lisp",
    ".cshtml": "razor", ".cts": "typescript", ".cu": "cuda", ".cuh": "cuda", ".erb": "erb", ".es6": "javascript",
    ".f": "fortran", ".for": "fortran", ".f95": "fortran", ".gs": "javascript", ".hh": "cpp", ".inl": "cpp",
    ".kts": "kotlin", ".mts": "typescript", ".php3": "php", ".php4": "php", ".php5": "php", ".php7": "php",
    ".php8": "php", ".psd1": "powershell", ".pyi": "python", ".S": "gas", ".s": "gas", ".sc": "scala", ".sql": "sql",
    ".svelte": "svelte", ".vb": "vb", ".zsh": "bash",
}  # fmt: skip

NAMES = {
    "Brewfile": "ruby", "Containerfile": "docker", "Dangerfile": "ruby", "Fastfile": "ruby", "Guardfile": "ruby",
    "Jenkinsfile": "groovy", "Justfile": "just", "justfile": "just", "Podfile": "ruby", "Snakefile": "python",
    "Tiltfile": "python", "wscript": "python",
}  # fmt: skip

PREFIXES = {"Dockerfile.": "docker", "Makefile.": "make", "Kconfig.": "kconfig"}

INTERPRETERS = {
    "awk": "awk", "gawk": "awk", "mawk": "awk", "nawk": "awk", "ash": "bash", "bash": "bash", "dash": "bash",
    "ksh": "bash", "mksh": "bash", "sh": "bash", "zsh": "bash", "bats": "bash", "bun": "javascript",
    "deno": "typescript", "elixir": "elixir", "escript": "erlang", "fish": "fish", "groovy": "groovy",
    "guile": "scheme", "julia": "julia", "lua": "lua", "luajit": "lua", "make": "make", "node": "javascript",
    "nodejs": "javascript", "osascript": "applescript", "perl": "perl", "php": "php", "pwsh": "powershell",
    "pypy": "python", "python": "python", "racket": "racket", "rscript": "r", "ruby": "ruby", "runghc": "haskell",
    "runhaskell": "haskell", "sed": "sed", "stap": "systemtap", "swift": "swift", "tclsh": "tcl", "tcsh": "tcsh",
    "csh": "tcsh", "ts-node": "typescript", "tsx": "typescript", "wish": "tcl",
}  # fmt: skip

_PROLOG = r"^\s*:-|^[a-z]\w*(?:\(.*\))?\s*:-|-->"
_XML = r"\A\s*<(?:\?xml|!DOCTYPE|TS[\s>])"

_CPP = (
    r"^\s*(?:class\s+\w+|namespace\b|template\s*<|using\s+\w+|(?:public|private|protected)\s*:)|\bstd::"
    r"|#\s*include\s*<(?:string|vector|map|memory|iostream|cstd\w+|algorithm|functional|utility)>"
)
_COQ = r"^\s*(?:Require|Theorem|Lemma|Proof|Definition|Inductive|Fixpoint|Module\s+\w+\.)"
_PERL = r"^\s*use\s+(?:strict|warnings)|^#!.*perl|[$@%]\w+\s*=|\bsub\s+\w"
_TEX = r"\\(?:NeedsTeXFormat|ProvidesClass|documentclass|LoadClass)"
_QMAKE = r"^\s*(?:TEMPLATE|SOURCES|HEADERS|QT|CONFIG|TARGET)\s*[-+]?="
_GO_MODULE = r"\A(?:\s*//.*\n)*\s*module\s+\S+\s*$"

_SHARED: dict[str, tuple[tuple[str, str | None], ...]] = {
    ".h": ((r"^\s*(?:@interface|@protocol|@class|@end|#import)\b", "objective-c"), (_CPP, "cpp"), ("", "c")),
    ".m": (
        (r"^\s*(?:@interface|@implementation|@protocol|@import|#import|#include|//|/\*)", "objective-c"),
        (r"^\s*\(\*|^BeginPackage|:=", "mathematica"),
        ("", "matlab"),
    ),
    ".pl": ((_PERL, "perl"), (_PROLOG, "prolog"), ("", "perl")),
    ".pm": ((r"^\s*(?:use\s+v6|unit\s|class\s+\w+.*\{)", "raku"), ("", "perl")),
    ".t": ((r"^\s*use\s+v6\b", "raku"), (r"\bok\b|^#!.*perl|^\s*use\s", "perl"), ("", None)),
    ".ts": ((_XML, None), ("", "typescript")),
    ".r": ((r"^\s*rebol\b", "rebol"), ("", "r")),
    ".v": ((_COQ, "coq"), ("", "verilog")),
    ".d": ((r"^\S+\.o\s*:", None), (r"^\s*(?:module|import|void|int|class|struct|template)\b", "d"), ("", None)),
    ".fs": ((r"^: \S|^\\ ", "forth"), (r"^#version|\bgl_\w+", "glsl"), ("", "fsharp")),
    ".cls": ((_TEX, None), (r"^VERSION\s+\d|^Attribute VB_", "vb"), (r"\bclass\s+\w+", "apex"), ("", None)),
    ".inc": ((r"<\?(?:php|=)", "php"), (r"^\s*#\s*(?:include|define|if)", "c"), ("", None)),
    ".mod": ((_GO_MODULE, None), (r"^\s*(?:DEFINITION|IMPLEMENTATION)?\s*MODULE\b", "modula2"), ("", None)),
    ".pro": ((_QMAKE, "qmake"), (_PROLOG, "prolog"), (r"(?i)^\s*(?:pro|function)\s+\w+", "idl"), ("", None)),
}

SHARED = {
    suffix: tuple((re.compile(pattern, re.MULTILINE), language) for pattern, language in rules)
    for suffix, rules in _SHARED.items()
}
"""Suffixes that several languages have: the first whose pattern is found is meant; None is no code at all."""
