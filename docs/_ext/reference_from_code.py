"""Pages of the reference that are read from the program: commands, params and the Python API.

Sphinx writes them into ``docs/reference/generated`` before it reads the sources; git ignores that folder.
"""

import ast
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import annotated_types
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import comb
from comb.cli import all_commands
from comb.study.params import Params

PACKAGE = Path(comb.__file__).parent
TEMPLATE = PACKAGE / "study" / "template" / "configs" / "params.yaml"
ROOMS = {
    "study": "where each file lies, and reading and writing them",
    "transcripts": "from a file to text, turns and segments",
    "codings": "tables of codings, and the reference",
    "encoder": "from segments to embeddings",
    "agreement": "coefficients, tables, intervals, disagreements",
    "exchange": "import and export of other programs' files",
    "privacy": "pseudonyms, and the privacy check",
    "learning": "opinions, classifier, thresholds, suggestions",
    "llm": "a language model as a coder",
    "evaluation": "how good suggestions are, with whole transcripts held out",
    "active_learning": "what to code next, and when to stop",
    "synthesis": "counts, tables and forms of the findings",
    "report": "pages, Word documents, plots",
    "stages": "a function of a study for each stage",
    "scale": "the same stages on a cluster",
}
"""The rooms of the package whose modules the Python reference shows, with the question that each answers."""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command's full name and its click command, in the order of ``comb --help``."""
    return _below("comb", all_commands())


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner or getattr(command, "invoke_without_command", False):
        yield name, command
    for word in inner:
        yield from _below(f"{name} {word}", inner[word])


def commands_page() -> str:
    """Return the page of all commands with their arguments and options."""
    parts = ["# Commands and options", COMMANDS_INTRODUCTION, _overview()]
    parts += [_command(name, command) for name, command in commands()]
    return "\n\n".join(parts) + "\n"


COMMANDS_INTRODUCTION = """
This page is generated from the program; `--help` after any command prints the same. Exit codes: 0, done; 1, a problem,
described in one line with its remedy; 2, an error in the command line itself.

`dvc repro` runs `comb versions`, `encoder`, `tune`, `segment`, `embed`, `llm code`, `train`, `evaluate`, `suggest`,
`agree`, `transfer` and `synthesis`, each only if one of its inputs has changed.

One command at a time changes a study. `comb --wait COMMAND` waits while another command does; `comb --version` prints
the version.
""".strip()


def _overview() -> str:
    """Return a table of all commands with the first sentence of each one's help."""
    rows = ["| command | what it does |", "|---|---|"]
    for name, command in commands():
        first = _reflow(command.help or "").partition("\n")[0]
        shown = name.removesuffix(" files")
        rows.append(f"| [`{shown}`](#command-{name.replace(' ', '-')}) | {_pipe(first)} |")
    return "\n".join(rows)


def _command(name: str, command: Any) -> str:
    text, _, example = (command.help or "").partition("Example:")
    anchor = f"(command-{name.replace(' ', '-')})="
    lines = [f"{anchor}\n## `{name.removesuffix(' files')}`", _reflow(text)]
    if example:
        lines.append(f"```\n{_reflow(example)}\n```")
    shown = [param for param in command.params if not getattr(param, "hidden", False) and param.name != "help"]
    if shown:
        lines.append("| argument or option | meaning |\n|---|---|\n" + "\n".join(map(_parameter, shown)))
    return "\n\n".join(line for line in lines if line)


def _parameter(param: Any) -> str:
    argument = param.param_type_name == "argument"
    names = [_argument(param)] if argument else [*param.opts, *param.secondary_opts]
    kind = "" if argument or getattr(param, "is_flag", False) else f" {_kind(param)}"
    notes = [_reflow(getattr(param, "help", "") or "")]
    if not argument and param.default not in (None, "", False, ()) and not callable(param.default):
        notes.append(f"Default: {_default(param)}.")
    if not argument and param.required:
        notes.append("Required.")
    if param.envvar:
        notes.append(f"Environment variable: `{param.envvar}`.")
    shown = ", ".join(f"`{_pipe(one)}{_pipe(kind)}`" for one in names)
    return f"| {shown} | {_pipe(' '.join(filter(None, notes)))} |"


def _argument(param: Any) -> str:
    name = (param.metavar or param.name).upper()
    return f"{name}..." if param.nargs == -1 else name


def _kind(param: Any) -> str:
    """Return what an option takes: its choices, or the name of its type, with its range."""
    annotation = param.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(one.value) for one in annotation)
    name = param.metavar or {int: "NUMBER", float: "NUMBER", Path: "PATH"}.get(annotation, "TEXT")
    if param.min is not None or param.max is not None:
        low, high = ("" if bound is None else f"{bound:g}" for bound in (param.min, param.max))
        name += f" {low}..{high}"
    return name


def _default(param: Any) -> str:
    value = getattr(param.default, "value", param.default)
    if value is True:
        return f"`{param.opts[0]}`"
    return f"`{', '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}`"


def _reflow(text: str) -> str:
    """Return paragraphs with their lines joined, and rST's double backquotes as Markdown's single ones."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\b", "").strip())
    return "\n\n".join(" ".join(one.split()) for one in paragraphs).replace("``", "`")


def _pipe(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def described(template: Path = TEMPLATE) -> dict[str, str]:
    """Return what the comments of the template say of each key (``section.key``), before it or on its line."""
    found: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    before = ""
    for line in template.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"( *)(\w+):", line):
            depth, name = len(match[1]), match[2]
            above = [(indent, key) for indent, key in above if indent < depth] + [(depth, name)]
            comment = re.search(r"\s#\s*(.+)$", line)
            found[".".join(key for _, key in above)] = before or (comment[1].strip() if comment else "")
        before = line.strip().removeprefix("#").strip() if line.strip().startswith("#") else ""
    return found


def params() -> Iterator[tuple[str, FieldInfo, Any]]:
    """Yield each param as ``section.key`` with its field and its default."""
    return _fields("", Params())


def _fields(prefix: str, record: BaseModel) -> Iterator[tuple[str, FieldInfo, Any]]:
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        if isinstance(value, BaseModel):
            yield from _fields(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", field, value


def params_page() -> str:
    """Return the page of all params with defaults and ranges."""
    notes, parts = described(), ["# Params: `configs/params.yaml`", PARAMS_INTRODUCTION]
    written = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    for section in type(Params()).model_fields:
        rows = [row for row in params() if row[0].startswith(f"{section}.")]
        table = ["| key | default | allowed | meaning |", "|---|---|---|---|"]
        table += [_param(name, field, value, notes.get(name, ""), written) for name, field, value in rows]
        record = type(getattr(Params(), section))
        parts.append(f"(params-{section})=\n## `{section}`\n\n{_reflow(record.__doc__ or '')}\n\n" + "\n".join(table))
    return "\n\n".join(parts) + "\n"


PARAMS_INTRODUCTION = """
This page is generated from the program. Each section belongs to one stage. A key that you leave out has its default; an
unknown key is refused, and the known ones are listed. If `comb init` writes a value other than the default, both are
given. After a change, `dvc repro` runs the stages that read the section again.
""".strip()


def _param(name: str, field: FieldInfo, value: Any, note: str, written: Any) -> str:
    for key in name.split("."):
        written = written.get(key) if isinstance(written, dict) else None
    default = _short(value)
    if written is not None and _short(written) != default:
        default += f"; `comb init`: {_short(written)}"
    return f"| `{name}` | {_pipe(default)} | {_pipe(allowed(field))} | {_pipe(note)} |"


def _short(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{_yaml(value)}`"


def _yaml(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "{}" if value == {} else str(value) or '""'


def allowed(field: FieldInfo) -> str:
    """Return in words what a param may be: its choices, its type, its range."""
    choices = getattr(field.annotation, "__args__", ())
    if choices and all(isinstance(one, str) for one in choices):
        return ", ".join(f"`{one}`" for one in choices)
    bounds = [mark for mark in field.metadata if isinstance(mark, annotated_types.BaseMetadata)]
    for one in choices:
        bounds += [mark for info in getattr(one, "__metadata__", ()) for mark in getattr(info, "metadata", ())]
    return ", ".join([_type(field.annotation), *filter(None, map(_bound, bounds))])


def _type(annotation: Any) -> str:
    text = str(annotation)
    if "dict" in text:
        return "a value for each name"
    if "tuple" in text:
        return "a list"
    for word, shown in (("bool", "`true` or `false`"), ("int", "a whole number"), ("float", "a number")):
        if word in text:
            return f"`auto` or {shown}" if "auto" in text else shown
    return "text, or `null`" if "None" in text else "text"


def _bound(mark: Any) -> str:
    for name, words in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
        if hasattr(mark, name):
            return f"{words} {getattr(mark, name):g}"
    return ""


def modules(room: str) -> list[str]:
    """Return the dotted names of a room's modules that have public names."""
    found = []
    for path in sorted((PACKAGE / room).rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if _public(path):
            found.append(name)
    return found


def _public(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and not node.name.startswith("_") for node in tree.body)


def python_page(room: str, names: list[str]) -> str:
    """Return the page of a room's modules, for autodoc to fill."""
    parts = [f"# `comb.{room}`: {ROOMS[room]}"] if room in ROOMS else ["# `comb`: records, codebook and errors"]
    parts += [f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n```" for name in names]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return the generated pages by their paths below ``reference/generated``."""
    made = {"commands.md": commands_page(), "params.md": params_page()}
    made["python/base.md"] = python_page("", ["comb.records", "comb.codebook", "comb.errors"])
    for room in ROOMS:
        if (PACKAGE / room).is_dir():
            made[f"python/{room}.md"] = python_page(room, modules(room))
    return made


def write_pages(app: Any) -> None:
    """Write the generated pages; those that have not changed keep their date, so that Sphinx does not read them."""
    folder = Path(app.srcdir) / "reference" / "generated"
    made = pages()
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()


def setup(app: Any) -> dict[str, Any]:
    """Register the extension."""
    app.connect("builder-inited", write_pages)
    return {"version": comb.__version__, "parallel_read_safe": True}
