"""An advisory about a product as a CSAF 2.0 document, profile 4 (OASIS CSAF 2.0, section 4).

<https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>. Only published editions are in
it; TLP is written in the words of TLP 1, which CSAF 2.0 still uses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003 msgspec reads the annotation when it runs
from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import Any

import msgspec

from pehra.kernel.time import iso
from pehra.outreach.advisories.rules import Product, Standing, Text

JSON = dict[str, Any]
_OPERATED = re.compile(r"(<=|>=|<|>|=)\s*(\S+)")


class Edition(msgspec.Struct, frozen=True):
    """A published edition."""

    number: int
    at: datetime
    text: Text


class Publisher(msgspec.Struct, frozen=True):
    """Who publishes: its name, the address that names it for machines, and how it is reached."""

    name: str
    site: str
    contact: str = ""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """All that a document is made from; the last edition is the one that stands."""

    number: str
    standing: str
    editions: Sequence[Edition]
    publisher: Publisher
    link: str
    """Address of the page."""
    changed_at: datetime
    ended_why: str = ""


def has_product(text: Text) -> bool:
    """Whether a text is about a product, and so becomes a document."""
    return bool(text.products)


def file_name(number: str) -> str:
    """Name of the document (section 5.1)."""
    return re.sub(r"[^+\-a-z0-9]+", "_", number.lower()) + ".json"


def document(of: Published) -> JSON:
    """The document."""
    text = of.editions[-1].text
    tree, ids = _tree(text.products)
    return {
        "document": {
            "category": "csaf_security_advisory",
            "csaf_version": "2.0",
            "distribution": {"tlp": {"label": "WHITE", "url": "https://www.first.org/tlp/v1/"}},
            "lang": "en",
            "notes": _notes(of, text),
            "publisher": {
                "category": "coordinator",
                "name": of.publisher.name,
                "namespace": of.publisher.site,
                **({"contact_details": of.publisher.contact} if of.publisher.contact else {}),
            },
            "references": _references(of, text),
            "title": text.title,
            "tracking": _tracking(of),
        },
        "product_tree": {"branches": tree},
        "vulnerabilities": _vulnerabilities(text, ids),
    }


def _notes(of: Published, text: Text) -> list[JSON]:
    wanted = [
        ("summary", "Summary", text.summary),
        ("description", "Details", text.body),
        ("general", "Detection", text.detection),
        ("other", "\u062e\u0644\u0627\u0635\u06c1", text.summary_ur),
    ]
    if of.standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
        wanted.insert(
            0, ("general", f"This advisory is {of.standing}", of.ended_why or of.standing)
        )
    return [
        {"category": category, "text": words, "title": title}
        for category, title, words in wanted
        if words.strip()
    ]


def _references(of: Published, text: Text) -> list[JSON]:
    own = f"{of.publisher.site.rstrip('/')}/advisories/csaf/{file_name(of.number)}"
    told = [("self", own, "This document"), ("self", of.link, "The page of this advisory")]
    told += [("external", one.url, one.title or one.url) for one in text.sources]
    return [
        {"category": category, "summary": summary, "url": url} for category, url, summary in told
    ]


def _tracking(of: Published) -> JSON:
    history = [
        {
            "date": iso(one.at),
            "number": str(place),
            "summary": one.text.change if place > 1 else "First published.",
        }
        for place, one in enumerate(of.editions, 1)
    ]
    if of.standing in {Standing.WITHDRAWN, Standing.SUPERSEDED}:
        summary = f"{of.standing.capitalize()}: {of.ended_why or 'see the page'}"
        number = str(len(history) + 1)
        history.append({"date": iso(of.changed_at), "number": number, "summary": summary})
    return {
        "current_release_date": history[-1]["date"],
        "id": of.number,
        "initial_release_date": history[0]["date"],
        "revision_history": history,
        "status": "final",
        "version": history[-1]["number"],
    }


def _tree(products: Sequence[Product]) -> tuple[list[JSON], list[str]]:
    """Vendors, their products, and versions of these; and the ids of all leaves."""
    ids: list[str] = []
    vendors: dict[str, dict[str, dict[tuple[str, str], JSON]]] = {}
    for one in products:
        vendor = one.vendor or "Vendor not named"
        named = vendors.setdefault(vendor, {}).setdefault(one.name, {})
        for category, version in _versions(one.versions):
            if (category, version) in named:
                continue
            ids.append(f"CSAFPID-{len(ids) + 1:04}")
            whole = " ".join(filter(None, (one.vendor, one.name, version)))
            leaf = {"name": whole, "product_id": ids[-1]}
            named[category, version] = {"category": category, "name": version, "product": leaf}
    return [
        {
            "category": "vendor",
            "name": vendor,
            "branches": [
                {"category": "product_name", "name": name, "branches": list(leaves.values())}
                for name, leaves in named.items()
            ],
        }
        for vendor, named in vendors.items()
    ], ids


def _versions(text: str) -> list[tuple[str, str]]:
    """`1.2, 1.3` as versions, `>=8.0 <8.4.3` as one range of each part between commas."""
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        bounds = _OPERATED.findall(part)
        if bounds:
            written = "|".join(f"{operator}{version}" for operator, version in bounds)
            found.append(("product_version_range", f"vers:generic/{written}"))
        else:
            found.append(("product_version", part))
    return found or [("product_version_range", "vers:all/*")]


def _vulnerabilities(text: Text, ids: list[str]) -> list[JSON]:
    remedy = text.action.strip() or "See the page of this advisory."
    common: JSON = {
        "notes": [{"category": "summary", "text": text.summary}],
        "product_status": {"known_affected": ids},
        "remediations": [{"category": "mitigation", "details": remedy, "product_ids": ids}],
    }
    if text.exploited:
        threat = {"category": "exploit_status", "details": "Known to be exploited.",
                  "product_ids": ids}  # fmt: skip
        common["threats"] = [threat]
    if not text.cves:
        return [{"title": text.title, **common}]
    return [{"cve": cve, **common} for cve in dict.fromkeys(text.cves)]
