"""The module in `docs/add-a-source.md` is a source that reads."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.intake.source import Delivery, Reading, Source

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-source.md"


def test_the_example_reads(
    tmp_path: Path,
    deliver: Callable[..., Delivery],
    rows: Callable[[Reading], list[dict[str, Any]]],
) -> None:
    block = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block is not None
    module_file = tmp_path / "example_scan.py"
    module_file.write_text(block[1])
    spec = importlib.util.spec_from_file_location("example_scan", module_file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source: Source = module.SOURCE
    delivery = deliver(b"seen,addr,prt\n2026-11-20 01:02:03,192.0.2.1,631\nnever,192.0.2.2,631\n")
    first, second = rows(source.read(delivery))
    assert (first["ip"], first["port"], first["identifier"]) == ("192.0.2.1", 631, "open-ipp")
    assert (second["line"], second["reject"]) == (3, "time")
