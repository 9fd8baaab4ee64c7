"""Advisories as RSS 2.0 and Atom (RFC 4287), for readers that ask by themselves.

Each edition, and each withdrawal, is an entry of its own: a reader that has seen the first sees
that something was corrected.
"""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec

from pehra.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

_ATOM = "http://www.w3.org/2005/Atom"
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document holds (section 2.2)."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was published.

    Attributes:
        id: stays the same for good, and is no other's.
        severity: a word.
    """

    id: str
    title: str
    link: str
    at: datetime
    summary: str
    severity: str
    language: str = "en"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """Whose feed it is."""

    title: str
    description: str
    link: str
    own: str
    """Address of the feed itself."""
    language: str
    at: datetime
    """When the newest entry was published, or the feed was made."""


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, tag, attributes)
    found.text = _FORBIDDEN.sub("", text)
    return found


def _written(root: ET.Element) -> bytes:
    found: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return found + b"\n"


def rss(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """As RSS 2.0 (<https://www.rssboard.org/rss-specification>)."""
    root = ET.Element("rss", {"version": "2.0", "xmlns:atom": _ATOM})
    inside = ET.SubElement(root, "channel")
    _text(inside, "title", channel.title)
    _text(inside, "link", channel.link)
    _text(inside, "description", channel.description)
    _text(inside, "language", channel.language)
    _text(inside, "lastBuildDate", format_datetime(channel.at))
    own = {"href": channel.own, "rel": "self", "type": "application/rss+xml"}
    ET.SubElement(inside, "atom:link", own)
    for one in entries:
        item = ET.SubElement(inside, "item")
        _text(item, "title", one.title)
        _text(item, "link", one.link)
        _text(item, "description", one.summary)
        _text(item, "category", one.severity)
        _text(item, "guid", one.id, isPermaLink="false")
        _text(item, "pubDate", format_datetime(one.at))
    return _written(root)


def atom(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """As Atom."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": channel.language})
    _text(root, "title", channel.title)
    _text(root, "subtitle", channel.description)
    _text(root, "id", channel.own)
    _text(root, "updated", iso(channel.at))
    _text(ET.SubElement(root, "author"), "name", channel.title)
    ET.SubElement(root, "link", {"href": channel.own, "rel": "self"})
    ET.SubElement(root, "link", {"href": channel.link, "rel": "alternate"})
    for one in entries:
        entry = ET.SubElement(root, "entry", {"xml:lang": one.language})
        _text(entry, "title", one.title)
        _text(entry, "id", one.id)
        _text(entry, "updated", iso(one.at))
        ET.SubElement(entry, "link", {"href": one.link, "rel": "alternate"})
        ET.SubElement(entry, "category", {"term": one.severity})
        _text(entry, "summary", one.summary)
    return _written(root)
