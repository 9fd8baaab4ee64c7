"""Static files, served as they lie in the packages that bring them: no collecting, no copies.

Fonts come from font packages, htmx from the wheel of django-htmx. Each address carries the digest
of the file's bytes, so browsers may keep a file for a year and still see a new one at once.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage

from pehra.kernel.ids import digest

FONT_PACKAGES = ("fontpkg_inter", "fontpkg_noto_sans_arabic")


def directories(here: Path) -> list[Path | tuple[str, Path]]:
    """Where static files lie: our own under `static/`, and those of the font packages."""
    fonts = [Path(str(resources.files(name))) / "files" for name in FONT_PACKAGES]
    return [here / "static", *(("fonts", folder) for folder in fonts)]


@cache
def version(name: str) -> str:
    """The first 10 hex digits of the file's SHA-256; empty where there is no such file."""
    path = finders.find(name)
    return digest(Path(path).read_bytes())[:10] if path else ""


class VersionedStorage(StaticFilesStorage):
    """Adds `?v=<digest>` to addresses."""

    def url(self, name: str | None) -> str:
        """The address of a static file."""
        plain = super().url(name)
        mark = version(name or "")
        return f"{plain}?v={mark}" if mark else plain
