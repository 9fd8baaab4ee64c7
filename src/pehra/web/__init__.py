"""The site: Django pages, a folder per room."""

from __future__ import annotations
