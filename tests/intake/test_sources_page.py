"""`docs/sources.md` is made from the sources; write it anew with PEHRA_WRITE_DOCS=1."""

from __future__ import annotations

import inspect
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pehra.intake.discover import sources
from pehra.intake.sources.shadowserver import report_types

if TYPE_CHECKING:
    from pehra.intake.source import Source

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"
HEAD = """# Sources

Made from the sources themselves by `tests/intake/test_sources_page.py`. How to add one:
[Add a source](add-a-source.md).
"""


def _every(source: Source) -> str:
    if source.every is None:
        return "when it is handed in"
    hours = source.every // timedelta(hours=1)
    return f"every {hours // 24} day(s)" if hours % 24 == 0 else f"every {hours} hour(s)"


def _section(source: Source) -> str:
    text = inspect.getdoc(sys.modules[source.read.__module__]) or ""
    return (
        f"\n## `{source.slug}`: {source.title}\n\n{text}\n\n"
        f"- publisher: <{source.url}>\n- licence: {source.licence}\n- reports: {_every(source)}\n"
        f"- witness: {source.role.value}\n- what its silence covers: {source.covers.value}\n"
    )


def _types() -> str:
    lines = [
        f"| `{name}`{' (and IPv6)' if kind.six else ''} | `{kind.identifier}` | {kind.type} "
        f"| {kind.severity} |"
        for name, kind in sorted(report_types().types.items())
    ]
    head = "\n### Report types\n\n| type | identifier | RSIT type | severity |\n|---|---|---|---|\n"
    return head + "\n".join(lines) + "\n"


def test_the_page_is_up_to_date() -> None:
    page = HEAD + "".join(
        _section(source) + (_types() if slug == "shadowserver" else "")
        for slug, source in sources().items()
    )
    if os.environ.get("PEHRA_WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page
