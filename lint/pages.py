"""Write the parts of documents that are made from code: floors from charters, settings from types.

`python lint/pages.py` rewrites what stands between the markers; with `--check` it only compares,
and exits 1 where a page is out of date.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "pehra"
END = "<!-- end -->"


def layers() -> list[str]:
    """Floors from the top, as the first contract in pyproject.toml writes them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = settings["tool"]["importlinter"]["contracts"][0]
    floors: list[str] = contract["layers"]
    return floors


def charter(room: str) -> str:
    """What a room is for: the docstring of its `__init__`."""
    tree = ast.parse((PACKAGE / room / "__init__.py").read_text())
    return ast.get_docstring(tree) or ""


def floors() -> str:
    """The drawing of the house."""
    lines = []
    for floor in layers():
        for room in floor.split(" | "):
            text = "not built yet" if room.startswith("(") else charter(room)
            lines.append(f"{room:<15} {text}")
    return "\n".join(["```text", *lines, "```"])


def meanings(table: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Name of each setting of a table, and the text below it."""
    for field, text in zip(table.body, [*table.body[1:], ast.Pass()], strict=True):
        if isinstance(field, ast.AnnAssign):
            meaning = ""
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                meaning = " ".join(str(text.value.value).split())
            yield ast.unparse(field.target), meaning


def settings() -> str:
    """A table for each table of `pehra.toml`."""
    tree = ast.parse((PACKAGE / "kernel" / "settings.py").read_text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    lines = []
    for name, table in msgspec.structs.asdict(Settings()).items():
        node = classes[type(table).__name__]
        lines += [f"## [{name}]", "", ast.get_docstring(node) or "", ""]
        lines += ["| key | default | meaning |", "|---|---|---|"]
        for key, meaning in meanings(node):
            default = msgspec.json.encode(getattr(table, key)).decode()
            lines += [f"| `{key}` | `{default}` | {meaning} |"]
        lines += [""]
    return "\n".join(lines).rstrip()


BLOCKS: dict[str, tuple[str, Callable[[], str]]] = {
    "floors": ("ARCHITECTURE.md", floors),
    "settings": ("docs/settings.md", settings),
}
"""Name of a block -> the page in which it stands, and what makes it."""


def written(page: str, name: str, block: str) -> str:
    """The page with the block in its place."""
    begin = f"<!-- {name}: made by lint/pages.py -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n{block}\n{END}{after}"


def main() -> int:
    """Rewrite or check all pages."""
    stale = 0
    for name, (path, make) in BLOCKS.items():
        page = (ROOT / path).read_text()
        fresh = written(page, name, make())
        stale += page != fresh
        if "--check" not in sys.argv:
            (ROOT / path).write_text(fresh)
    return int(stale > 0 and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
