"""Contacts of a security.txt file (RFC 9116), also of one that is signed in clear text.

A file past its `Expires` says nothing any more, and one without it never did.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from pehra.registry.contacts import LANGUAGES, FoundContact, sound

_FIELD = re.compile(r"^(contact|expires|preferred-languages)\s*:\s*(.{1,2000})$", re.IGNORECASE)
_MOST = 50


def contacts(data: bytes, now: datetime) -> list[FoundContact]:
    """Contacts that a file names, each once, for the purpose `technical`."""
    fields: dict[str, list[str]] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        found = _FIELD.match(line.strip())
        if found is not None:
            fields.setdefault(found[1].lower(), []).append(found[2].strip())
    expires = _moment(fields.get("expires", [""])[0])
    if expires is None or expires <= now:
        return []
    language = _language(fields.get("preferred-languages", [""])[0])
    return sound(_contact(uri, language) for uri in fields.get("contact", [])[:_MOST])


def _contact(uri: str, language: str) -> FoundContact:
    scheme, _, rest = uri.partition(":")
    address = unquote(rest.partition("?")[0])
    kind = {"mailto": "email", "tel": "phone"}.get(scheme.lower())
    given = {kind: address} if kind else {}
    return FoundContact(purpose="technical", language=language, **given)


def _language(text: str) -> str:
    """The first language that we write; English where none is."""
    asked = (part.strip().lower().partition("-")[0] for part in text.split(","))
    return next((one for one in asked if one in LANGUAGES), "en")


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
