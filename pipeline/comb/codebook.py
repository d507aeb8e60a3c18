"""The codebook: a tree of codes, read from YAML. Nothing here knows COM-B; that is ``configs/codebook.yaml``."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from comb.errors import BadParamsError

# Okabe & Ito (2008), "Color Universal Design", then darker shades of the same: legible to colour-blind readers.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C7A00", "#5A5A5A")


MAX_BYTES = 1_000_000
MAX_DEPTH = 60
MAX_NODES = 50_000
"""Most values of a file, those repeated by an alias included."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
_REMEDY = "Check indentation and quotation marks there."


@dataclass(frozen=True, slots=True)
class Code:
    """One category of the codebook, with its place in the tree."""

    id: str
    name: str
    color: str
    definition: str
    include: str
    exclude: str
    examples: tuple[str, ...]
    path: tuple[str, ...]
    """Ids from the root of the tree to this code, itself included."""
    leaf: bool
    guid: str = ""
    """Identifier of the code in another program, kept so that the program recognises it."""


@dataclass(frozen=True)
class Codebook:
    """A tree of codes; iterate over it in the order of the file, parents first."""

    name: str
    behaviour: str
    exclusive: bool
    levels: tuple[str, ...]
    codes: dict[str, Code] = field(repr=False)

    def __iter__(self) -> Iterator[Code]:
        """Iterate over the codes, parents before children."""
        return iter(self.codes.values())

    def __contains__(self, code: object) -> bool:
        """Return whether an id is a code of this codebook."""
        return code in self.codes

    def level_title(self, level: str) -> str:
        """Return the name of a level for readers, who may take the top level "domain" for the domains of the TDF.

        >>> [Codebook("", "", False, levels, {}).level_title("domain") for levels in (("domain", "tdf"), ("domain",))]
        ['domain (top level)', 'domain']
        """
        return f"{level} (top level)" if len(self.levels) > 1 and level == self.levels[0] else level

    def level_index(self, level: str) -> int:
        """Return the depth of a level (0 is the top); an empty name is the deepest.

        In a codebook with a single level it is always that level, even if params written for another codebook name one.
        Raises BadParamsError if the codebook has several levels and none of that name.
        """
        if not level or len(self.levels) == 1:
            return len(self.levels) - 1
        if level not in self.levels:
            raise BadParamsError(
                f"the codebook has no level {level!r}",
                where="configs/params.yaml, train.level",
                remedy=f"Its levels are: {', '.join(self.levels)}.",
            )
        return self.levels.index(level)

    def at_level(self, code: str, level: str) -> str | None:
        """Return the code that stands for ``code`` at a level.

        That is its ancestor there, or itself where it is a leaf above the level (``off_target`` stands for itself
        everywhere). None if the code is a branch above the level: it does not say which child is meant.
        """
        depth = self.level_index(level)
        path = self.codes[code].path
        if len(path) > depth:
            return path[depth]
        return code if self.codes[code].leaf else None

    def codes_at(self, level: str) -> tuple[str, ...]:
        """List the codes that are distinguished at a level, in the order of the codebook."""
        return tuple(c.id for c in self if self.at_level(c.id, level) == c.id)

    def require(self, code: str, where: str) -> None:
        """Raise BadParamsError, naming the place that uses it, unless ``code`` is in the codebook."""
        if code not in self.codes:
            raise BadParamsError(
                f"code {code!r} is not in the codebook",
                where=where,
                remedy=f"Add it to configs/codebook.yaml, or use one of: {', '.join(self.codes)}.",
            )


class _NoTwins(_LOADER):  # type: ignore[misc]
    """The safe loader, refusing a key that stands twice: YAML would silently drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a mapping from a node."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key that is not a word", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem="a key occurs twice", problem_mark=key.start_mark)
            seen.add(key.value)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found


class _AsWritten(_NoTwins):
    """The same, refusing numbers that would not read as they are written: 010 as a code is not 8."""


def _number_as_written(loader: Any, node: yaml.ScalarNode) -> object:
    construct = loader.construct_yaml_float if node.tag.endswith("float") else loader.construct_yaml_int
    value: object = construct(node)
    if str(value) != node.value:
        problem = "a number that YAML would change: put quotation marks around it"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
    return value


for _kind in ("int", "float"):
    _AsWritten.add_constructor(f"tag:yaml.org,2002:{_kind}", _number_as_written)
_GUID = r"^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$"


_Text = Annotated[str, Field(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
"""Without control characters, which Office documents cannot contain."""


class _CodeFile(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    id: str = Field(min_length=1, pattern=r"^[^;|\s\"\p{Cc}]([^;|\"\p{Cc}]*[^;|\s\"\p{Cc}])?$")
    name: _Text = ""
    color: str = Field(default="", pattern=r"^(#[0-9A-Fa-f]{6})?$")
    definition: _Text = ""
    include: _Text = ""
    exclude: _Text = ""
    examples: list[_Text] = []
    guid: str = Field(default="", pattern=_GUID)
    children: list["_CodeFile"] = []


class _CodebookFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = ""
    behaviour: str = ""
    coding: Literal["multiple", "exclusive"] = "multiple"
    levels: list[str] = []
    codes: list[_CodeFile] = Field(min_length=1)


def parse_codebook(data: object, where: str = "codebook") -> Codebook:
    """Make a codebook from the content of a YAML file.

    Raises BadParamsError that names the key which is unknown, missing or given twice.

    >>> book = parse_codebook({"coding": "exclusive", "codes": [{"id": "change"}, {"id": "sustain"}]})
    >>> [code.id for code in book], book.levels, book.exclusive
    (['change', 'sustain'], ('code',), True)
    """
    try:
        file = _CodebookFile.model_validate(data)
    except ValidationError as error:
        raise BadParamsError(explain(error, _CodebookFile), where=where, remedy=_CODE_KEYS) from None
    codes: dict[str, Code] = {}
    for index, code in enumerate(file.codes):
        _add(codes, code, (), PALETTE[index % len(PALETTE)], where)
    deepest = max(len(code.path) for code in codes.values())
    return Codebook(file.name, file.behaviour, file.coding == "exclusive", _levels(file, deepest, where), codes)


def codebook_yaml(book: Codebook) -> str:
    """Return the YAML that reads as this codebook; empty entries are left out.

    >>> book = parse_codebook({"codes": [{"id": "effort", "children": [{"id": "walking"}]}]})
    >>> parse_codebook(yaml.safe_load(codebook_yaml(book))) == book
    True
    """
    head = {"name": book.name, "behaviour": book.behaviour}
    kept: dict[str, Any] = {key: value for key, value in head.items() if value}
    kept["coding"] = "exclusive" if book.exclusive else "multiple"
    kept["levels"] = list(book.levels)
    kept["codes"] = _entries(book)
    return yaml.dump(kept, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Dumper(yaml.SafeDumper):
    """The safe dumper, without its fault of writing rare line separators as they are: they read back as spaces."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    rare = any(char in text for char in "\x85\u2028\u2029\ufeff")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if rare else None)


_Dumper.add_representer(str, _text_node)


def _entries(book: Codebook) -> list[dict[str, Any]]:
    keys = ("name", "color", "definition", "include", "exclude", "guid")
    entries: dict[tuple[str, ...], dict[str, Any]] = {(): {"children": []}}
    for code in book:
        entry = {"id": code.id} | {key: getattr(code, key) for key in keys if getattr(code, key)}
        if code.examples:
            entry["examples"] = list(code.examples)
        entries[code.path] = entry
        entries[code.path[:-1]].setdefault("children", []).append(entry)
    top: list[dict[str, Any]] = entries[()]["children"]
    return top


def read_codebook(path: Path) -> Codebook:
    """Read a codebook YAML file. Raises BadParamsError naming the file and what is wrong in it."""
    return parse_codebook(read_yaml(path, _AsWritten), str(path.name))


@cache
def template_codebook() -> Codebook:
    """Return the codebook that ``comb init`` writes."""
    from importlib.resources import as_file, files

    with as_file(files("comb.study.template").joinpath("configs/codebook.yaml")) as path:
        return read_codebook(path)


def read_yaml(path: Path, loader: Any = _NoTwins) -> object:
    """Read a YAML file safely.

    Raises BadParamsError if it is missing, is not YAML, or is too large, too deep or too repetitive. The message quotes
    nothing of the file.
    """
    return load_yaml(_text(path), path.name, loader)


def load_codebook(text: str, where: str) -> tuple[Any, Codebook]:
    """Return what the text of a codebook file contains, as it is and as a codebook. Raises BadParamsError."""
    data = load_yaml(text, where, _AsWritten)
    return data, parse_codebook(data, where)


def load_yaml(text: str, where: str, loader: Any = _NoTwins) -> object:
    """Load the text of a YAML file, as ``read_yaml`` does. Raises BadParamsError naming ``where``."""
    try:
        _check_size(text, where)
        return yaml.load(text, loader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = f"not a valid YAML file: {_problem(error)}"
        raise BadParamsError(what, where=_where(where, mark), remedy=_REMEDY) from None
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        what = f"not a valid YAML file: a value that cannot be read ({type(error).__name__})"
        remedy = "Put quotation marks around numbers, dates and other values that are meant as words."
        raise BadParamsError(what, where=where, remedy=remedy) from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            what = f"larger than {MAX_BYTES // 1000} kB"
            raise BadParamsError(
                what, where=path.name, remedy="Shorten it: no codebook or params file needs that much."
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        remedy = "Run comb inside a study, or make one with: comb init DIR."
        raise BadParamsError("the file is missing", where=str(path), remedy=remedy) from None
    except UnicodeDecodeError:
        what = "not a valid YAML file: wrong encoding"
        raise BadParamsError(what, where=path.name, remedy="Save it as UTF-8.") from None


def _problem(error: yaml.YAMLError) -> str:
    """Return what the parser says, without what it quotes of the file."""
    problem = str(getattr(error, "problem", None) or "a character that YAML does not allow")
    if "another document" in problem:
        return "it contains several documents"
    return " ".join("…" if part.startswith(("'", '"')) and len(part) > 3 else part for part in problem.split())


def _where(name: str, mark: Any) -> str:
    return f"{name}, line {mark.line + 1}" if mark else name


def _check_size(text: str, where: str) -> None:
    """Raise BadParamsError for a file that is nested too deeply, or whose aliases stand for too much."""
    size = _Size()
    for event in yaml.parse(text, _LOADER):
        size.add(event)
        deep = len(size.begun) > MAX_DEPTH
        if deep or size.nodes > MAX_NODES:
            what = "nested too deeply" if deep else f"contains more than {MAX_NODES} values"
            remedy = "Write it out with fewer levels, and without anchors and aliases (& and *)."
            raise BadParamsError(what, where=_where(where, event.start_mark), remedy=remedy)


@dataclass
class _Size:
    """How many values have been read so far, those that an alias repeats each time."""

    nodes: int = 0
    begun: list[tuple[str | None, int]] = field(default_factory=list)
    """The anchor of each list or mapping that has begun, and how many values there were before it."""
    anchored: dict[str | None, int] = field(default_factory=dict)

    def add(self, event: Any) -> None:
        """Count what a parser found. Raises YAMLError for an alias that contains itself."""
        mark: Any = event.start_mark
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.begun.pop()
            self.anchored[anchor] = self.nodes - before
        elif isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.AliasEvent):
                if any(anchor == event.anchor for anchor, _ in self.begun):
                    raise yaml.MarkedYAMLError(problem="an alias that contains itself", problem_mark=mark)
                self.nodes += self.anchored.get(event.anchor, 0)
            elif isinstance(event, yaml.CollectionStartEvent):
                self.begun.append((event.anchor, self.nodes))
            else:
                self.anchored[event.anchor] = 1
            self.nodes += 1


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Return a sentence on the first error that pydantic found, with the known keys if a key is unknown."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; known here: {', '.join(_known_keys(model, first['loc'][:-1]))}"
    return f"{key or 'the file'}: {first['msg']}"


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    for part in loc:
        if not isinstance(part, str):
            continue
        annotation: Any = model.model_fields[part].annotation
        for inner in getattr(annotation, "__args__", ()):
            annotation = inner if isinstance(inner, type) else annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return list(model.model_fields)


_CODE_KEYS = (
    "A codebook has name, behaviour, coding, levels and codes; a code has id and optional "
    + ", ".join(list(_CodeFile.model_fields)[1:])
    + "."
)


def _add(codes: dict[str, Code], code: _CodeFile, above: tuple[str, ...], color: str, where: str) -> None:
    if code.id in codes:
        raise BadParamsError(f"code {code.id!r} occurs twice", where=where, remedy="Give each code an id of its own.")
    path = (*above, code.id)
    color = code.color or color
    name = code.name or code.id.replace("_", " ").capitalize()
    texts = (code.definition, code.include, code.exclude, tuple(code.examples))
    codes[code.id] = Code(code.id, name, color, *texts, path, not code.children, code.guid)
    for child in code.children:
        _add(codes, child, path, color, where)


def _levels(file: _CodebookFile, deepest: int, where: str) -> tuple[str, ...]:
    if not file.levels:
        return ("code",) if deepest == 1 else tuple(f"level{depth + 1}" for depth in range(deepest))
    if len(file.levels) < deepest:
        raise BadParamsError(
            f"levels has {len(file.levels)} names, but the tree is {deepest} levels deep",
            where=where,
            remedy="Name each level of the tree once, from the top.",
        )
    return tuple(file.levels)
