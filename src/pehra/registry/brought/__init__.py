"""Registers that other systems hold, turned into rows of ours: one file a format. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.registry.brought import certbund, misp, n6

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.registry.register_text import Rows


class Format(msgspec.Struct, frozen=True):
    """What another system exports.

    Attributes:
        read: text and file name -> rows of `register_text.FRAME`, and what is not taken in.
        proposed: what it says waits for a person's word.
    """

    read: Callable[[str, str], Rows]
    proposed: bool


FORMATS = {
    "certbund-contact": Format(certbund.read, proposed=False),
    "misp": Format(misp.read, proposed=True),
    "n6": Format(n6.read, proposed=False),
}
"""By the name that a command takes; a spreadsheet has a map of columns instead
(`brought.spreadsheet`)."""
