"""Charts drawn on the server as SVG: bars, lines and a map of tiles, each with its table.

Coordinates are made here and drawn by templates; nothing is measured in the browser, no style is
inline, colours are the stylesheet's. Time runs from left to right in every language.
"""

from __future__ import annotations
