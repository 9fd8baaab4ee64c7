"""YAML 1.1 that knows its places: safe tags only, no aliases, and a line for every fault.

People write these files, so a fault names line, key path and the nearest known word. Aliases are
refused: they let a few lines stand for billions of values, and a register has no use for them.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, TypeVar

import msgspec
import yaml

from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")
Step = str | int

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_ENUM = re.compile(r"Invalid enum value '([^']*)'")
_DEEPEST = 32


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with a text.

    Attributes:
        line: from 1; 0 where the place is not known.
        path: such as `teams[3].tier`; empty for the whole text.
        what: a sentence without the place.
        mend: the next step.
    """

    line: int
    path: str
    what: str
    mend: str = ""

    def error(self, name: str) -> UsageError:
        """Make the error that a door shows for the file `name`."""
        place = f"{name}, line {self.line}" if self.line else name
        where = f"{place}: {self.path}" if self.path else place
        return UsageError(f"{where}: {self.what}", mend=self.mend)


class FaultyText(ValueError):
    """A text that is no YAML of ours; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class Document:
    """A composed text: a tree of nodes that know their lines, and the values of each."""

    def __init__(self, text: str) -> None:
        """Compose `text`; raises `FaultyText` where it is no YAML or names aliases."""
        self._loader = yaml.CSafeLoader(text)
        try:
            node = self._loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            what = f"{error.problem or error.context or 'not YAML'}."
            raise FaultyText(Fault(line, "", what, "Check indentation and quotes.")) from None
        except (yaml.YAMLError, RecursionError) as error:
            raise FaultyText(Fault(0, "", f"Not YAML: {type(error).__name__}.")) from None
        if node is None:
            raise FaultyText(Fault(0, "", "The file is empty."))
        _check_tree(node)
        self.root: yaml.Node = node

    def value(self, node: yaml.Node) -> object:
        """The plain value of a node; raises `FaultyText` for tags and values that are not safe."""
        try:
            return self._loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            raise FaultyText(Fault(line, "", f"{error.problem}.")) from None
        except (ValueError, TypeError, OverflowError) as error:
            # An impossible date such as 2026-02-31 ends here.
            line = (self._without_value(node) or node).start_mark.line + 1
            raise FaultyText(Fault(line, "", f"{error}.", "Quote it if it is a text.")) from None

    def _without_value(self, node: yaml.Node) -> yaml.Node | None:
        """The first scalar under `node` that looks like a date or number and is none."""
        if isinstance(node, yaml.ScalarNode):
            try:
                self._loader.construct_document(node)
            except (ValueError, TypeError, OverflowError):
                return node
            return None
        return next(filter(None, map(self._without_value, _children(node))), None)


def _check_tree(root: yaml.Node) -> None:
    """Refuse aliases, doubled keys and depth; each would otherwise pass in silence."""
    seen: set[int] = set()
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            raise FaultyText(Fault(line, "", "Aliases (`*name`) are not read.", "Write it out."))
        if depth > _DEEPEST:
            raise FaultyText(Fault(line, "", f"Nested deeper than {_DEEPEST} levels."))
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _check_keys(node)
        waiting.extend((child, depth + 1) for child in _children(node))


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        yield from (part for pair in node.value for part in pair)


def _check_keys(node: yaml.MappingNode) -> None:
    known: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise FaultyText(Fault(line, "", "A key must be one word."))
        if key.value in known:
            raise FaultyText(Fault(line, "", f"`{key.value}` stands here twice.", "Remove one."))
        known.add(key.value)


def entries(node: yaml.Node, key: str) -> list[yaml.Node]:
    """The members of the list under `key` of a mapping; none where there is no such list."""
    found = _step(node, key)
    return list(found.value) if isinstance(found, yaml.SequenceNode) else []


def _step(node: yaml.Node | None, step: Step) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def line_of(node: yaml.Node, path: Sequence[Step]) -> int:
    """Line, from 1, of what `path` leads to, or of the nearest thing on the way."""
    here = node
    for step in path:
        found = _step(here, step)
        if found is None:
            break
        here = found
    return int(here.start_mark.line) + 1


def convert(node: yaml.Node, value: object, kind: type[T], at: str = "") -> T:
    """Turn a node's `value` into `kind`.

    Args:
        node: where the value stands, for lines.
        value: what `Document.value` gave for it.
        kind: a msgspec struct, closed against unknown keys.
        at: path of the node itself.

    Raises:
        FaultyText: with line, key path, what is wrong, and the nearest known key.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        steps = _steps(path.rstrip("`"))
        unknown = _UNKNOWN.search(what)
        place = [*steps, unknown[1]] if unknown else steps
        line = line_of(node, place)
        shown = _shown(place)
        joined = f"{at}.{shown}" if at and shown and not shown.startswith("[") else at + shown
        raise FaultyText(Fault(line, joined, f"{what}.", _nearest(what, kind, steps))) from None


def _steps(path: str) -> list[Step]:
    found = _STEP.findall(path)
    return [name or (int(index) if index.isdigit() else index) for name, index in found]


def _shown(steps: Sequence[Step]) -> str:
    words = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(words).removeprefix(".")


def _nearest(what: str, kind: type[object], steps: Sequence[Step]) -> str:
    unknown, choice = _UNKNOWN.search(what), _ENUM.search(what)
    if unknown:
        known, word = _names(_type_at(msgspec.inspect.type_info(kind), steps)), unknown[1]
    elif choice:
        known, word = _choices(_type_at(msgspec.inspect.type_info(kind), steps)), choice[1]
    else:
        return ""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(known)}."


def _type_at(info: msgspec.inspect.Type, steps: Sequence[Step]) -> msgspec.inspect.Type:
    here = _plain(info)
    for step in steps:
        if isinstance(here, msgspec.inspect.StructType):
            found = next((field for field in here.fields if field.encode_name == step), None)
            here = _plain(found.type) if found else here
        elif isinstance(here, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
            here = _plain(here.item_type)
    return here


def _plain(info: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """The one type of an optional."""
    if isinstance(info, msgspec.inspect.UnionType):
        return next(kind for kind in info.types if not isinstance(kind, msgspec.inspect.NoneType))
    return info


def _names(info: msgspec.inspect.Type) -> list[str]:
    if isinstance(info, msgspec.inspect.StructType):
        return [field.encode_name for field in info.fields]
    return []


def _choices(info: msgspec.inspect.Type) -> list[str]:
    if isinstance(info, msgspec.inspect.LiteralType):
        return [str(value) for value in info.values]
    return []
