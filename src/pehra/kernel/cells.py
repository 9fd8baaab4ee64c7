"""Cells of a CSV file that a spreadsheet could run, made harmless.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is a formula to a
spreadsheet (OWASP, CSV injection): an apostrophe is put before it.
"""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a formula begins."""
FORMULA_CLASS = "[" + "".join(f"\\x{ord(sign):02x}" for sign in FORMULA) + "]"
"""The same as a class of characters for a pattern, of Python's `re` and of Polars."""


def guarded(cell: str) -> str:
    """`cell`, or the same behind an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
