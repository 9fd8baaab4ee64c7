"""What everybody sees: published editions, how each changed, and what was withdrawn and why."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs

import msgspec
from django.db.models import Q

from pehra.outreach.advisories.changes import changed
from pehra.outreach.advisories.csaf import JSON, Published, Publisher, document
from pehra.outreach.advisories.csaf import Edition as CsafEdition
from pehra.outreach.advisories.feeds import Entry
from pehra.outreach.advisories.letters import said
from pehra.outreach.advisories.rules import Stage, Standing, Text, rounded
from pehra.outreach.models import Advisory, Edition, Exposure

_ENDED = (Standing.WITHDRAWN, Standing.SUPERSEDED)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory in a list, with the text that stands."""

    number: str
    standing: str
    published_at: datetime
    changed_at: datetime
    edition: int
    text: Text


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A published edition in the history of its advisory; `parts` differ from the one before."""

    number: int
    place: int
    at: datetime
    text: Text
    parts: tuple[str, ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory as its page shows it; the newest edition is the last of `history`."""

    number: str
    standing: str
    published_at: datetime
    changed_at: datetime
    history: tuple[Past, ...]
    ended_why: str
    ended_why_ur: str
    successor: str
    exposed: int | None
    """Assets in the nation, rounded, when the edition was published; null: too few, or not known.
    """

    @property
    def ended(self) -> bool:
        """Whether it no longer stands."""
        return self.standing in _ENDED


def _text(value: object) -> Text:
    return msgspec.convert(value, Text)


def _newest(advisories: list[int]) -> dict[int, tuple[int, Text]]:
    """The newest published edition of each."""
    rows = Edition.objects.filter(advisory__in=advisories, stage=Stage.PUBLISHED)
    found = {
        advisory: (number, text)
        for advisory, number, text in rows.order_by("number").values_list(
            "advisory_id", "number", "text"
        )
    }
    return {advisory: (number, _text(text)) for advisory, (number, text) in found.items()}


def published(*, least: int = 0, before: datetime | None = None, size: int = 30) -> list[Line]:
    """Advisories by the day when they were first published, the newest first.

    Args:
        least: none below this severity.
        before: only those published before this moment.
        size: at most so many.
    """
    rows = Advisory.objects.exclude(number="").filter(severity__gte=least)
    if before is not None:
        rows = rows.filter(published_at__lt=before)
    found = list(rows.order_by("-published_at", "-pk")[:size])
    texts = _newest([row.pk for row in found])
    return [
        Line(
            number=row.number,
            standing=row.standing,
            published_at=row.published_at,
            changed_at=row.changed_at,
            edition=texts[row.pk][0],
            text=texts[row.pk][1],
        )
        for row in found
        if row.published_at and row.changed_at
    ]


class Titled(msgspec.Struct, frozen=True):
    """A published advisory by its newest title."""

    number: str
    title: str
    title_ur: str


def titled(asked: str, *, size: int = 10) -> list[Titled]:
    """Published advisories with some number, or with a part of a title, the newest first."""
    rows = Edition.objects.filter(stage=Stage.PUBLISHED)
    fits = Q(text__title__icontains=asked) | Q(text__title_ur__icontains=asked)
    found = rows.filter(fits | Q(advisory__number__iexact=asked)).values("advisory")
    known = dict(
        Advisory.objects.filter(pk__in=found)
        .exclude(number="")
        .order_by("-pk")
        .values_list("pk", "number")[:size]
    )
    texts = _newest(list(known))
    return [
        Titled(number, texts[row][1].title, texts[row][1].title_ur) for row, number in known.items()
    ]


def one(number: str) -> Shown | None:
    """The advisory of a number; None where none was published under it."""
    rows = Advisory.objects.exclude(number="").select_related("successor")
    row = rows.filter(number=number).first()
    if row is None or row.published_at is None or row.changed_at is None:
        return None
    history = _history(row)
    counted = Exposure.objects.filter(edition__advisory=row, days=0).order_by("-edition__number")
    assets = counted.values_list("assets", flat=True).first()
    return Shown(
        number=row.number,
        standing=row.standing,
        published_at=row.published_at,
        changed_at=row.changed_at,
        history=history,
        ended_why=row.ended_why,
        ended_why_ur=row.ended_why_ur,
        successor=row.successor.number if row.successor else "",
        exposed=None if assets is None else rounded(assets),
    )


def _history(row: Advisory) -> tuple[Past, ...]:
    editions = Edition.objects.filter(advisory=row, stage=Stage.PUBLISHED).order_by("number")
    found: list[Past] = []
    for place, edition in enumerate(editions, 1):
        text = _text(edition.text)
        parts = changed(found[-1].text, text) if found else ()
        at = edition.published_at or row.begun_at
        found.append(Past(number=edition.number, place=place, at=at, text=text, parts=parts))
    return tuple(found)


def machine_readable(shown: Shown, publisher: Publisher) -> JSON:
    """An advisory about a product as a CSAF document."""
    return document(
        Published(
            number=shown.number,
            standing=shown.standing,
            editions=[CsafEdition(one.place, one.at, one.text) for one in shown.history],
            publisher=publisher,
            link=f"{publisher.site}/advisories/{shown.number}/",
            changed_at=shown.changed_at,
            ended_why=shown.ended_why,
        )
    )


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the public saw new: an edition, or the end of an advisory."""

    number: str
    what: str
    """The standing that it brought: published, updated, superseded or withdrawn."""
    edition: int
    at: datetime
    text: Text
    why: str = ""
    why_ur: str = ""


def events(*, least: int = 0, size: int = 50) -> list[Event]:
    """What was new, the newest first, for feeds."""
    rows = Edition.objects.filter(stage=Stage.PUBLISHED, advisory__severity__gte=least)
    found = [
        Event(
            number=row.advisory.number,
            what=Standing.PUBLISHED if row.number == 1 else Standing.UPDATED,
            edition=row.number,
            at=row.published_at or row.changed_at,
            text=_text(row.text),
        )
        for row in rows.select_related("advisory").order_by("-published_at", "-pk")[:size]
    ]
    found += _ends(least, size)
    return sorted(found, key=lambda one: (one.at, one.number), reverse=True)[:size]


def _ends(least: int, size: int) -> list[Event]:
    rows = Advisory.objects.filter(standing__in=_ENDED, severity__gte=least)
    ended = list(rows.order_by("-changed_at", "-pk")[:size])
    texts = _newest([row.pk for row in ended])
    return [
        Event(
            number=row.number,
            what=row.standing,
            edition=texts[row.pk][0],
            at=row.changed_at or row.begun_at,
            text=texts[row.pk][1],
            why=row.ended_why,
            why_ur=row.ended_why_ur,
        )
        for row in ended
    ]


def feed_entry(one: Event, site: str, language: str = "en", mark: str = "") -> Entry:
    """A line of a feed.

    Args:
        one: what was new.
        site: address of the site.
        language: of the words, where there are any in it.
        mark: what a page calls the standing; empty: its code.
    """
    ended = one.what in _ENDED
    changed = said(one.text, "change", language) if one.what == Standing.UPDATED else ""
    why = ((language == "ur" and one.why_ur) or one.why) if ended else changed
    begins = f"{mark or one.what.capitalize()}: " if one.what != Standing.PUBLISHED else ""
    summary = said(one.text, "summary", language)
    page = f"{site}/advisories/{one.number}/"
    translated = language == "ur" and bool(one.text.title_ur)
    return Entry(
        id=f"{page}#{one.what}-{one.edition}",
        title=f"{one.number} {begins}{said(one.text, 'title', language)}",
        link=page,
        at=one.at,
        summary=f"{why}\n\n{summary}" if why else summary,
        severity=one.text.severity.word,
        language="ur" if translated else "en",
    )
