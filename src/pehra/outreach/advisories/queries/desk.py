"""What national staff sees of advisories: drafts, reviews, prefix, and how far each reached."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, F, Q

from pehra.mandate.tenancy import seen_by
from pehra.notices.survival import Share, wilson
from pehra.outreach.advisories.rules import Stage, Text
from pehra.outreach.models import Advisory, Edition, Exposure, Subscriber, Told
from pehra.outreach.models import Review as ReviewRow

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


class DeskLine(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory in the list of the desk; `stage` is its newest edition's."""

    id: int
    number: str
    standing: str
    stage: str
    edition: int
    title: str
    title_ur: str
    severity: int
    changed_at: datetime


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """A review; `stale`: of a text that was changed since."""

    kind: str
    passed: bool
    by: str
    office: str
    at: datetime
    remark: str
    stale: bool


class DeskView(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory with the edition that is newest, published or not."""

    id: int
    number: str
    standing: str
    edition: int
    stage: str
    text: Text
    digest: str
    writers: tuple[str, ...]
    changed_at: datetime
    reviews: tuple[Reviewed, ...]

    @property
    def open(self) -> bool:
        """Whether that edition is being worked on."""
        return self.stage not in {Stage.PUBLISHED, Stage.DROPPED}


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far an edition reached; shares are of those to whom a letter went."""

    edition: int
    told: int
    sent: int
    opened: int
    acknowledged: int
    critical: int
    critical_acknowledged: int
    critical_in_time: int
    share: Share | None
    critical_share: Share | None
    exposures: tuple[tuple[int, int], ...]
    """Days after it was published, and assets exposed then."""


def advisories(
    *, viewer: Viewer, before: int | None = None, size: int = 50, drafts: bool = False
) -> list[DeskLine]:
    """Advisories, those begun last first; for who sees everything.

    Args:
        viewer: who looks.
        before: only those with a smaller id.
        size: at most so many.
        drafts: only those with an edition that is being worked on.
    """
    if not viewer.sees_all:
        return []
    rows = Advisory.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if drafts:
        working = Edition.objects.exclude(stage__in=(Stage.PUBLISHED, Stage.DROPPED))
        rows = rows.filter(pk__in=working.values("advisory"))
    found = list(rows[:size])
    newest = {
        one.advisory_id: one
        for one in Edition.objects.filter(advisory__in=found).order_by("number")
    }
    return [_line(row, newest[row.pk]) for row in found]


def _line(row: Advisory, edition: Edition) -> DeskLine:
    text = msgspec.convert(edition.text, Text)
    return DeskLine(
        id=row.pk,
        number=row.number,
        standing=row.standing,
        stage=edition.stage,
        edition=edition.number,
        title=text.title,
        title_ur=text.title_ur,
        severity=text.severity,
        changed_at=edition.changed_at,
    )


def advisory(number: int, *, viewer: Viewer) -> DeskView | None:
    """One of them; None where there is none, or the viewer may not see it."""
    row = Advisory.objects.filter(pk=number).first() if viewer.sees_all else None
    if row is None:
        return None
    edition = Edition.objects.filter(advisory=row).order_by("-number")[0]
    reviews = ReviewRow.objects.filter(edition=edition).order_by("pk")
    return DeskView(
        id=row.pk,
        number=row.number,
        standing=row.standing,
        edition=edition.number,
        stage=edition.stage,
        text=msgspec.convert(edition.text, Text),
        digest=edition.digest,
        writers=tuple(edition.writers),
        changed_at=edition.changed_at,
        reviews=tuple(_reviewed(one, edition.digest) for one in reviews),
    )


def _reviewed(one: ReviewRow, digest: str) -> Reviewed:
    names = ("kind", "passed", "by", "office", "at", "remark")
    return Reviewed(stale=one.digest != digest, **{name: getattr(one, name) for name in names})


def reach(number: int, *, viewer: Viewer) -> list[Reach]:
    """How far the published editions of an advisory reached, the newest first.

    Organisations are those that the viewer sees.
    """
    sent, critical = Q(sent=True), Q(sent=True, critical=True)
    heard = Q(acknowledged_at__isnull=False)
    with seen_by(viewer):
        rows = Told.objects.filter(edition__advisory=number).order_by()
        counted = {
            edition: dict(zip(_COUNTED, numbers, strict=True))
            for edition, *numbers in rows.values("edition")
            .annotate(
                n_told=Count("pk"),
                n_sent=Count("pk", filter=sent),
                n_opened=Count("pk", filter=sent & Q(opened_at__isnull=False)),
                n_acknowledged=Count("pk", filter=sent & heard),
                n_critical=Count("pk", filter=critical),
                n_critical_acknowledged=Count("pk", filter=critical & heard),
                n_critical_in_time=Count(
                    "pk", filter=critical & Q(acknowledged_at__lte=F("due_at"))
                ),
            )
            .values_list("edition", *(f"n_{name}" for name in _COUNTED))
        }
    editions = Edition.objects.filter(advisory=number, stage=Stage.PUBLISHED).order_by("-number")
    exposures = _exposures(number)
    return [
        _reach(one.number, counted.get(one.pk, {}), tuple(exposures.get(one.pk, ())))
        for one in editions
    ]


_COUNTED = (
    "told", "sent", "opened", "acknowledged", "critical", "critical_acknowledged",
    "critical_in_time",
)  # fmt: skip


def _reach(edition: int, counted: dict[str, int], exposures: tuple[tuple[int, int], ...]) -> Reach:
    of = {name: counted.get(name, 0) for name in _COUNTED}
    return Reach(
        edition=edition,
        share=wilson(of["acknowledged"], of["sent"]),
        critical_share=wilson(of["critical_in_time"], of["critical"]),
        exposures=exposures,
        **of,
    )


def _exposures(number: int) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    rows = Exposure.objects.filter(edition__advisory=number).order_by("days")
    for edition, days, assets in rows.values_list("edition_id", "days", "assets"):
        found.setdefault(edition, []).append((days, assets))
    return found


def subscribers(*, viewer: Viewer) -> int:
    """How many addresses get advisories."""
    rows = Subscriber.objects.filter(confirmed_at__isnull=False)
    return rows.count() if viewer.sees_all else 0


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of a signed link says of an edition that an organisation was told of."""

    advisory: str
    edition: int
    title: str
    title_ur: str
    organisation: str
    due_at: datetime | None
    acknowledged_at: datetime | None


def receipt(number: int, *, viewer: Viewer) -> Receipt | None:
    """The row that a link names."""
    with seen_by(viewer):
        rows = Told.objects.select_related("edition__advisory", "organisation")
        row = rows.filter(pk=number).first()
    if row is None:
        return None
    text = msgspec.convert(row.edition.text, Text)
    return Receipt(
        advisory=row.edition.advisory.number,
        edition=row.edition.number,
        title=text.title,
        title_ur=text.title_ur,
        organisation=row.organisation.name,
        due_at=row.due_at,
        acknowledged_at=row.acknowledged_at,
    )
