"""Draw the floors in ARCHITECTURE.md from the import contract and the rooms' own charters.

`python lint/floors.py` rewrites the block between the markers; with `--check` it only compares and
exits 1 where the page is out of date.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
PACKAGE = ROOT / "src" / "pehra"
BEGIN = "<!-- floors: made by lint/floors.py -->"
END = "<!-- floors: end -->"


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


def block() -> str:
    """The drawing, without its markers."""
    lines = []
    for floor in layers():
        for room in floor.split(" | "):
            name = room.strip("()")
            text = "not built yet" if room.startswith("(") else charter(name)
            lines.append(f"{room:<15} {text}")
    return "\n".join(["```text", *lines, "```"])


def drawn(page: str) -> str:
    """The page with the block in its place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{block()}\n{END}{after}"


def main() -> int:
    """Rewrite or check the page."""
    page = PAGE.read_text()
    if "--check" in sys.argv:
        return int(page != drawn(page))
    PAGE.write_text(drawn(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
