"""Organisations of a MISP: the JSON of `/organisations/index.json`, or of one or more of them.

MISP knows neither a body's networks nor its duty; so what comes is proposed: names, the country by
its code, and the mail addresses that stand in `contacts`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pehra.kernel.errors import UsageError
from pehra.registry.brought.slugs import Slugs
from pehra.registry.register_text import Rejected, Rows, frame_of

_MAIL = re.compile(r"[^\s<>,;:@\"'()]{1,64}@[^\s<>,;:@\"'()]+\.[a-zA-Z]{2,}")
_COUNTRY = re.compile(r"^[A-Z]{2}$")
_WIDEST = 240


def read(text: str, name: str) -> Rows:
    """Rows of organisations; `row` is the place in the list, from 1.

    Raises:
        UsageError: no JSON, or not organisations.
    """
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        message = f"{name} is no JSON."
        raise UsageError(message, mend="Save what `/organisations/index.json` answers.") from None
    entries = document if isinstance(document, list) else [document]
    slugs = Slugs()
    rows: list[dict[str, Any]] = []
    rejects: list[Rejected] = []
    for number, entry in enumerate(entries, 1):
        inner = entry.get("Organisation", entry) if isinstance(entry, dict) else None
        title = inner.get("name") if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or not isinstance(title, str) or not title.strip():
            rejects.append(Rejected(number, "name", "no organisation with a name"))
            continue
        rows += _rows(number, inner, slugs.give(title, str(inner.get("id", number))))
    return frame_of(rows), rejects


def _rows(number: int, inner: dict[str, Any], slug: str) -> list[dict[str, Any]]:
    row = {"line": number, "organisation": slug}
    country = str(inner.get("nationality", "")).strip().upper()
    facts = {
        "name": " ".join(inner["name"].replace("\0", "").split())[:_WIDEST],
        "country": country if _COUNTRY.match(country) else "",
    }
    mails = dict.fromkeys(one.lower() for one in _MAIL.findall(str(inner.get("contacts") or "")))
    told = [
        {**row, "contact_purpose": "technical", "contact_email": mail, "contact_automatic": "true"}
        for mail in mails
    ]
    return [{**row, **facts}, *told]
