"""Translations: `.po` files are source, `.mo` files are made from them when first needed.

The compiled file lies in the home's `indexes/` under the digest of its source, so a new catalogue
is picked up at the next start and a package installed read-only still speaks Urdu.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pehra.kernel.ids import digest

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

SOURCE = Path(__file__).parent / "locale"


def _compile(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo  # noqa: PLC0415 costs 100 ms, needed once
    from babel.messages.pofile import read_po  # noqa: PLC0415 as above

    with source.open("rb") as lines:
        catalogue = read_po(lines, abort_invalid=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as out:
        write_mo(out, catalogue)
    Path(name).replace(target)


def compiled(home: Home) -> Path:
    """The folder of compiled catalogues, made where it is missing; none is made without a home."""
    sources = sorted(SOURCE.glob("*/LC_MESSAGES/django.po"))
    mark = digest(b"".join(path.read_bytes() for path in sources))[:16]
    folder = home.indexes / f"locale-{mark}"
    if home.root.is_dir():
        for path in sources:
            target = folder / path.relative_to(SOURCE).with_suffix(".mo")
            if not target.is_file():
                _compile(path, target)
    return folder
