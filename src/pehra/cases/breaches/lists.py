"""Leaked personal data have no place here: texts that list people are refused, and why is said.

It is no filter of secrets: it looks for what a copied leak is full of. One name or one address in
an account of what happened passes.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from pehra.kernel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 2
"""So many of one kind are an example, more are a list."""
_KINDS = {
    "mail addresses": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}"),
    "numbers of identity cards": re.compile(r"(?<!\d)\d{5}-?\d{7}-?\d(?!\d)"),
    "telephone numbers": re.compile(r"(?<!\d)(?:\+92|0092|0)3\d{2}[- ]?\d{7}(?!\d)"),
    "digests of passwords": re.compile(
        r"(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|\$2[aby]\$\d\d\$[./\w]{53})"
        r"(?![0-9A-Za-z])",
        re.IGNORECASE,
    ),
}
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_TABLE = re.compile(r"[,;\t|:]")
_WIDE, _LONG = 3, 5
"""A list of lines with so many cells, so many lines long, is a table of somebody's data."""


def _is_card(digits: str) -> bool:
    """Whether digits pass the check of payment cards (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed([int(one) for one in digits if one.isdigit()])):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 the sum of its two digits
    return total % 10 == 0


def found(text: str) -> str:
    """What a text is a list of, in words; empty: of nobody."""
    for kind, pattern in _KINDS.items():
        if len(set(pattern.findall(text))) > MOST:
            return kind
    if len({one for one in _CARD.findall(text) if _is_card(one)}) > MOST:
        return "numbers of payment cards"
    cells = [len(_TABLE.findall(line)) for line in text.splitlines() if line.strip()]
    run = 1
    for before, now in pairwise(cells):
        run = run + 1 if now == before and now >= _WIDE - 1 else 1
        if run >= _LONG:
            return "rows of a table"
    return ""


def check_no_list(texts: Iterable[str]) -> None:
    """Refuse texts that carry a list of people.

    Raises:
        Refused: says of what.
    """
    for text in texts:
        kind = found(text)
        if kind:
            message = f"This is a list of {kind}: Pehra takes in no leaked personal data."
            mend = (
                "Say how many and of which kind. What proves the breach goes to the evidence room"
                " of its case, sealed; whose data it is stays with the one who held it."
            )
            raise Refused(message, mend=mend)
