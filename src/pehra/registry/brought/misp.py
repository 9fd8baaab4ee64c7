"""Organisations of a MISP: the JSON of `/organisations/index.json`, or of one or more of them.

MISP knows neither a body's networks nor its duty; so what comes is proposed: names, the country by
its code, and the mail addresses that stand in `contacts`. Of sharing groups
(`/sharing_groups/index.json`) the members come as organisations; that they are a group has no place
here and is reported.
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
    entries = _entries(document)
    slugs = Slugs()
    rows: list[dict[str, Any]] = []
    rejects: list[Rejected] = []
    named: set[str] = set()
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, dict) and "SharingGroup" in entry:
            members = _members(entry)
            rejects.append(Rejected(number, "", _group(entry, len(members))))
            for one in members:
                # A body is a member of several groups.
                if one["name"].strip() not in named:
                    named.add(one["name"].strip())
                    rows += _rows(number, one, slugs.give(one["name"], str(one.get("id", number))))
            continue
        inner = entry.get("Organisation", entry) if isinstance(entry, dict) else None
        title = inner.get("name") if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or not isinstance(title, str) or not title.strip():
            rejects.append(Rejected(number, "name", "no organisation with a name"))
            continue
        rows += _rows(number, inner, slugs.give(title, str(inner.get("id", number))))
    return frame_of(rows), rejects


def _entries(document: object) -> list[Any]:
    if isinstance(document, dict) and isinstance(document.get("response"), list):
        document = document["response"]
    return document if isinstance(document, list) else [document]


def _members(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Organisations of a sharing group that have a name, the one that keeps it too."""
    links = entry.get("SharingGroupOrg")
    several = [one for one in links if isinstance(one, dict)] if isinstance(links, list) else []
    return [
        one
        for one in (each.get("Organisation") for each in (entry, *several))
        if isinstance(one, dict) and isinstance(one.get("name"), str) and one["name"].strip()
    ]


def _group(entry: dict[str, Any], members: int) -> str:
    inner = entry["SharingGroup"]
    name = inner.get("name") if isinstance(inner, dict) else None
    title = " ".join(str(name or "").replace("\0", "").split())[:80]
    return f"the sharing group `{title}` is not brought, its {members} organisations are"


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
