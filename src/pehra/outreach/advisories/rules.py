"""What an advisory says, which reviews it passes, and what becomes of it: pure decisions.

Each published text is an edition. An edition passes a technical review and one of law and label;
a published one is never changed: what follows is the next edition, or a withdrawal, on the same
page (rules, section 4.8).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from pehra.kernel.errors import IllegalStep, Refused, UsageError
from pehra.kernel.labels import Severity, Tlp
from pehra.mandate.powers import Power

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WRITE = Power("publish-advisories")
"""Write, publish what was approved, withdraw."""
REVIEW = Power("publish-advisories", "verify")
CHECK = Power("publish-advisories", "check")
"""The review of law and label, which approves."""

SMALLEST_COUNT = 20
"""Fewer exposed assets than these are not counted in public (rules, section 4.8)."""
_LONGEST_BODY, _LONGEST_LINE, _MOST_LINES = 40_000, 240, 200
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,15}")
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.:_-]{0,79}")
_NUMBER = re.compile(r"([A-Z][A-Z0-9]{1,15})-(\d{4})-(\d{3,6})")


class Stage(StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    TECHNICAL = "technical-review"
    LEGAL = "legal-review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"
    """Never published: another text or a withdrawal came instead."""


class Standing(StrEnum):
    """What an advisory is to the public."""

    UNPUBLISHED = "unpublished"
    PUBLISHED = "published"
    UPDATED = "updated"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


STEPS: Mapping[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.TECHNICAL, Stage.DROPPED}),
    Stage.TECHNICAL: frozenset({Stage.LEGAL, Stage.DRAFT, Stage.DROPPED}),
    Stage.LEGAL: frozenset({Stage.APPROVED, Stage.DRAFT, Stage.DROPPED}),
    Stage.APPROVED: frozenset({Stage.PUBLISHED, Stage.DRAFT, Stage.DROPPED}),
    Stage.PUBLISHED: frozenset(),
    Stage.DROPPED: frozenset(),
}
"""From each stage of an edition, those that may follow."""

COURSE: Mapping[Standing, frozenset[Standing]] = {
    Standing.UNPUBLISHED: frozenset({Standing.PUBLISHED}),
    Standing.PUBLISHED: frozenset({Standing.UPDATED, Standing.SUPERSEDED, Standing.WITHDRAWN}),
    Standing.UPDATED: frozenset({Standing.UPDATED, Standing.SUPERSEDED, Standing.WITHDRAWN}),
    Standing.SUPERSEDED: frozenset(),
    Standing.WITHDRAWN: frozenset(),
}
"""From each standing, those that may follow; nothing public ever becomes unpublished again."""


def check_step(old: Stage, new: Stage) -> None:
    """Raise `IllegalStep` where an edition does not go from `old` to `new`."""
    if new not in STEPS[old]:
        message = f"An edition that is `{old}` does not become `{new}`."
        raise IllegalStep(message, mend="See `docs/advisories.md` for the course of an edition.")


def check_course(old: Standing, new: Standing) -> None:
    """Raise `IllegalStep` where an advisory does not go from `old` to `new`."""
    if new not in COURSE[old]:
        message = f"An advisory that is `{old}` does not become `{new}`."
        raise IllegalStep(message, mend="What is withdrawn or superseded stays; write a new one.")


class Product(msgspec.Struct, frozen=True):
    """What is affected. `versions`: `1.2, 1.3` or `>=8.0 <8.4.3`; empty: all of them."""

    vendor: str
    name: str
    versions: str = ""


class Source(msgspec.Struct, frozen=True):
    """Where more is said."""

    url: str
    title: str = ""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition says. `body` and `body_ur` are CommonMark.

    Attributes:
        action: what the reader should do, in a sentence or two.
        deadline: until when.
        detection: how to see whether one is hit, CommonMark.
        identifiers: of findings whose open ones are counted as exposed.
        exploited: known to be used by attackers.
        change: what is different from the edition before, for the public; empty in the first.
    """

    title: str
    title_ur: str = ""
    severity: Severity
    summary: str
    summary_ur: str = ""
    body: str = ""
    body_ur: str = ""
    action: str = ""
    action_ur: str = ""
    deadline: date | None = None
    detection: str = ""
    cves: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    sources: tuple[Source, ...] = ()
    identifiers: tuple[str, ...] = ()
    exploited: bool = False
    tlp: Tlp = Tlp.CLEAR
    change: str = ""
    change_ur: str = ""


def check_text(text: Text) -> None:
    """See that a text can be shown and kept.

    Raises:
        UsageError: something is missing, too long, or malformed.
    """
    lines = {"title": text.title, "title in Urdu": text.title_ur}
    for name, line in lines.items():
        if len(line) > _LONGEST_LINE or "\n" in line:
            message = f"The {name} is longer than a line of {_LONGEST_LINE} letters."
            raise UsageError(message, mend="Say the rest in the summary.")
    if not text.title.strip() or not text.summary.strip():
        message = "An advisory has a title and a summary."
        raise UsageError(message, mend="Write both; the rest may follow.")
    if max(map(len, (text.body, text.body_ur, text.summary, text.detection))) > _LONGEST_BODY:
        message = f"A part of it is longer than {_LONGEST_BODY} letters."
        raise UsageError(message, mend="Link to the details as a source.")
    _check_lists(text)


def _check_lists(text: Text) -> None:
    checks = (
        (text.cves, _CVE.fullmatch, "number of the CVE list", "CVE-2026-12345"),
        (text.identifiers, _IDENTIFIER.fullmatch, "identifier of findings", "open-telnet"),
        ([one.url for one in text.sources], is_link, "address of a source", "https://example.org/"),
        ([one.name for one in text.products], str.strip, "name of a product", "vendor | product"),
    )
    for values, sound, what, example in checks:
        for value in values:
            if len(value) > 2 * _LONGEST_LINE or not sound(value):
                message = f"`{value[:60]}` is no {what}."
                raise UsageError(message, mend=f"Write it as `{example}`.")
        if len(values) > _MOST_LINES:
            message = f"There are more than {_MOST_LINES} of: {what}."
            raise UsageError(message, mend="Keep those that a reader needs.")


def is_link(text: str) -> bool:
    """Whether a text is an address of the web that a page may lead to."""
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
    return named and parts.scheme in {"http", "https"} and text.isprintable() and " " not in text


def products_of(lines: str) -> tuple[Product, ...]:
    """Products as a form has them: `vendor | product | versions`, one on a line."""
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        parts = [part.strip() for part in line.split("|", 2)]
        vendor, name = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
        found.append(Product(vendor, name, parts[2] if len(parts) > 2 else ""))  # noqa: PLR2004 three parts
    return tuple(found)


def sources_of(lines: str) -> tuple[Source, ...]:
    """Sources as a form has them: an address, then perhaps its title, one on a line."""
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        url, _, title = line.partition(" ")
        found.append(Source(url, title.strip()))
    return tuple(found)


def as_lines(rows: Iterable[Product | Source]) -> str:
    """The same back, for the form."""
    return "\n".join(
        " | ".join(filter(None, (one.vendor, one.name, one.versions)))
        if isinstance(one, Product)
        else f"{one.url} {one.title}".strip()
        for one in rows
    )


class Kind(StrEnum):
    """Which review."""

    TECHNICAL = "technical"
    LEGAL = "legal"


class Review(msgspec.Struct, frozen=True):
    """A review of exactly one text, by its digest."""

    kind: str
    passed: bool
    by: str
    digest: str


AFTER_REVIEW: Mapping[Kind, tuple[Stage, Stage]] = {
    Kind.TECHNICAL: (Stage.TECHNICAL, Stage.LEGAL),
    Kind.LEGAL: (Stage.LEGAL, Stage.APPROVED),
}
"""Stage in which each review is given, and the one to which it leads."""


def check_reviewer(text: Text, writers: Iterable[str], by: str) -> None:
    """See that two people stand behind what is critical: who wrote it does not review it.

    Raises:
        Refused: the same person did.
    """
    if text.severity == Severity.CRITICAL and by in set(writers):
        message = f"{by} wrote this, and it is critical: another person reviews it."
        raise Refused(message, mend="Ask a colleague who may review advisories.")


def check_label(text: Text) -> None:
    """See that a text may be told to everybody.

    Raises:
        Refused: its label says otherwise.
    """
    if text.tlp != Tlp.CLEAR:
        message = f"A text under TLP:{text.tlp} is not for the public."
        raise Refused(message, mend="Take out what is not, and set the label to TLP:CLEAR.")


def check_publish(stage: Stage, digest: str, reviews: Iterable[Review]) -> None:
    """See that an edition may be published: both reviews passed on exactly this text.

    Raises:
        Refused: one is missing, or the text was changed after it.
    """
    check_step(stage, Stage.PUBLISHED)
    passed = {one.kind for one in reviews if one.passed and one.digest == digest}
    missing = [kind.value for kind in Kind if kind not in passed]
    if missing:
        message = f"Not passed on this text: {' and '.join(missing)} review."
        raise Refused(message, mend="Ask for the reviews again; a changed text is a new one.")


def check_change(edition: int, text: Text) -> None:
    """See that a later edition says what it changes.

    Raises:
        UsageError: it does not.
    """
    if edition > 1 and not text.change.strip():
        message = "A new edition says what it changes: nothing is corrected in silence."
        raise UsageError(message, mend="Write a sentence about the change for the public.")


def check_prefix(prefix: str) -> None:
    """Raise `UsageError` where a prefix of numbers is none."""
    if not _PREFIX.fullmatch(prefix):
        message = f"`{prefix[:40]}` is no prefix of numbers."
        raise UsageError(message, mend="Use 2 to 16 capital letters and digits, such as PKCERT.")


def prefix_of(slug: str) -> str:
    """The prefix of a team that has chosen none: its short name."""
    return re.sub(r"[^A-Z0-9]", "", slug.upper())[:16] or "CERT"


def number_of(prefix: str, year: int, serial: int) -> str:
    """An advisory's number, such as `PKCERT-2026-007`."""
    return f"{prefix}-{year}-{serial:03}"


def is_number(text: str) -> bool:
    """Whether a text has the form of a number."""
    return bool(_NUMBER.fullmatch(text))


class Audience(msgspec.Struct, frozen=True):
    """Which organisations are told, beside those who subscribe.

    Attributes:
        everybody: all that have a mailbox.
        sectors: slugs; those in them.
        critical: those that are critical information infrastructure, whatever their sector.
    """

    everybody: bool = False
    sectors: tuple[str, ...] = ()
    critical: bool = False


def rounded(count: int) -> int | None:
    """A count as the public may know it: two digits of it; None: too few to be told."""
    if count < SMALLEST_COUNT:
        return None
    unit = int("1" + "0" * max(0, len(str(count)) - 2))
    return (count + unit // 2) // unit * unit


def due(published: datetime, hours: int | None) -> datetime | None:
    """By when a recipient should have acknowledged; None where no clock runs."""
    return None if hours is None else published + timedelta(hours=hours)
