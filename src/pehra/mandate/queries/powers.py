"""Who may do what now, by whose word; and glass that was broken."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 msgspec reads the annotations when it runs
from typing import TYPE_CHECKING

import msgspec

from pehra.kernel.labels import Severity
from pehra.mandate.models import BrokenGlass, Clock, Ground, Office, User
from pehra.mandate.models import Power as PowerRow
from pehra.mandate.powers import Glass, GroundFacts, Power, PowerFacts, Table, Warrant, warrant
from pehra.mandate.queries import clocks, posts_of
from pehra.mandate.queries.standing import in_force_on
from pehra.mandate.rules import hours

if TYPE_CHECKING:
    from pehra.mandate.rules import Post

_LAST = 50


def powers(act: str = "") -> tuple[PowerFacts, ...]:
    """The table of powers, or its rows on one act."""
    rows = PowerRow.objects.order_by("pk")
    if act:
        rows = rows.filter(act=act)
    names = PowerFacts.__struct_fields__
    return tuple(PowerFacts(**row) for row in rows.values(*names))


class PowerLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table as a page shows it, with the offices that hold it."""

    id: int
    act: str
    does: str
    role: str
    tier: str
    offices: tuple[str, ...]
    source: str
    unconfirmed: bool
    note: str
    valid_from: date | None
    decided_by: str


def powers_on(on: date, *, act: str = "") -> list[PowerLine]:
    """The table as it stands on a day, in the file's order, and which offices hold each row."""
    rows = PowerRow.objects.filter(in_force_on(on)).order_by("pk")
    offices = Office.objects.filter(in_force_on(on)).order_by("slug")
    known = list(offices.values_list("slug", "role", "team__tier"))
    plain = ("id", "act", "does", "role", "tier", "source", "unconfirmed", "note", "valid_from",
             "decided_by")  # fmt: skip
    return [
        PowerLine(
            offices=tuple(
                slug
                for slug, role, tier in known
                if role == row["role"] and row["tier"] in ("", tier)
            ),
            **row,
        )
        for row in (rows.filter(act=act) if act else rows).values(*plain)
    ]


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A clock or a ground as it reads on a day.

    Attributes:
        kind: `clock` or `ground`.
        name: what it is about.
        says: the value: hours; or which acts it carries and for how many days.
        whom: whom it binds: severity, sector, organisation; or who orders on it.
    """

    kind: str
    id: int
    slug: str
    name: str
    says: str
    whom: str
    valid_from: date | None
    valid_to: date | None
    source: str
    unconfirmed: bool
    note: str
    decided_by: str


def rules_on(on: date) -> list[RuleLine]:
    """Clocks, then grounds, in force on a day."""
    clocks_ = Clock.objects.filter(in_force_on(on)).select_related("sector", "organisation")
    grounds_ = Ground.objects.filter(in_force_on(on)).select_related("ordered_by")
    lines = [
        _rule(row, "clock", (row.kind, row.kind, _span(row), _whom(row)))
        for row in clocks_.order_by("kind", "-severity", "category", "pk")
    ]
    for row in grounds_.order_by("instrument", "section", "pk"):
        days = f"; {row.longest_days} d" if row.longest_days else ""
        by = row.ordered_by.name if row.ordered_by else ""
        facts = (row.slug, str(row), f"{', '.join(row.acts)}{days}", by)
        lines.append(_rule(row, "ground", facts))
    return lines


def _span(row: Clock) -> str:
    return f"{row.hours}:{row.minutes:02}" if row.minutes else f"{row.hours}"


def _whom(row: Clock) -> str:
    severity = Severity(row.severity).word if row.severity is not None else ""
    category = f"C{row.category}" if row.category else ""
    names = (
        severity,
        category,
        row.sector and row.sector.name,
        row.organisation and row.organisation.name,
    )
    return ", ".join(str(name) for name in names if name)


def _rule(row: Clock | Ground, kind: str, facts: tuple[str, str, str, str]) -> RuleLine:
    slug, name, says, whom = facts
    dated = ("id", "valid_from", "valid_to", "source", "unconfirmed", "note", "decided_by")
    given = {column: getattr(row, column) for column in dated}
    return RuleLine(kind=kind, slug=slug, name=name, says=says, whom=whom, **given)


def addresses(name: str, *, begins: bool = False) -> tuple[str, ...]:
    """Addresses of accounts as they are kept, in whatever case; `begins`: they begin so."""
    how = "email__istartswith" if begins else "email__iexact"
    rows = User.objects.filter(**{how: name.strip()}).order_by("pk")
    return tuple(rows.values_list("email", flat=True))


def taken_powers(user: User, act: str, now: datetime) -> tuple[Glass, ...]:
    """What a person took now without holding it."""
    rows = BrokenGlass.objects.filter(person=user, act=act, taken_at__lte=now, until__gt=now)
    return tuple(
        Glass(id=number, office=office, act=act, does=does, taken_at=since, until=until)
        for number, office, does, since, until in rows.order_by("pk").values_list(
            "pk", "office__slug", "does", "taken_at", "until"
        )
    )


def warrant_of(
    user: User, power: Power, now: datetime, office: str = "", posts: list[Post] | None = None
) -> Warrant | None:
    """By which office a person may do something now; None: by none.

    Args:
        user: who wants to.
        power: what.
        now: aware, UTC.
        office: the one that the person chose to act in, while it is held; empty: any.
        posts: offices held today, where they are known already.
    """
    posts = posts_of(user, now.date()) if posts is None else posts
    if not posts:
        return None
    chosen = office if any(post.office == office for post in posts) else ""
    held = Table(powers(power.act))
    found = warrant(posts, power, held, now, chosen)
    if found is None:
        taken = Table((), taken_powers(user, power.act, now))
        found = warrant(posts, power, taken, now, chosen)
    return found


def grounds() -> tuple[GroundFacts, ...]:
    """All versions of all grounds."""
    names = [name for name in GroundFacts.__struct_fields__ if name not in ("acts", "ordered_by")]
    rows = Ground.objects.order_by("slug", "pk").values(*names, "acts", "ordered_by__slug")
    return tuple(
        GroundFacts(acts=tuple(row.pop("acts")), ordered_by=row.pop("ordered_by__slug"), **row)
        for row in rows
    )


def hours_of(kind: str, on: date) -> int | None:
    """Hours of a clock of the whole nation; null where the structure has none."""
    found = hours(clocks(), kind=kind, severity=None, sector=None, organisation=None, on=on)
    return found.hours if found else None


class GlassLine(msgspec.Struct, frozen=True, kw_only=True):
    """Broken glass as a list shows it."""

    id: int
    office: str
    person: str
    taken_by: str
    act: str
    does: str
    reason: str
    taken_at: datetime
    until: datetime
    review_by: datetime
    verdict: str
    reviewer: str
    reviewed_at: datetime | None
    remark: str

    def overdue(self, now: datetime) -> bool:
        """Whether nobody reviewed it in time."""
        return not self.verdict and self.review_by <= now


def broken_glass(*, waiting: bool = False) -> list[GlassLine]:
    """Glass that was broken: what waits for its review first, then the newest, some of them."""
    rows = BrokenGlass.objects.select_related("office", "person", "reviewer")
    unseen = list(rows.filter(verdict="").order_by("review_by", "pk"))
    seen = [] if waiting else list(rows.exclude(verdict="").order_by("-pk")[:_LAST])
    return [_line(row) for row in (*unseen, *seen)]


def glass(number: int) -> GlassLine | None:
    """One of them."""
    row = BrokenGlass.objects.select_related("office", "person", "reviewer").filter(pk=number)
    found = row.first()
    return _line(found) if found else None


def _line(row: BrokenGlass) -> GlassLine:
    names = ("id", "taken_by", "act", "does", "reason", "taken_at", "until", "review_by", "verdict",
             "reviewed_at", "remark")  # fmt: skip
    return GlassLine(
        office=row.office.slug,
        person=row.person.email,
        reviewer=row.reviewer.email if row.reviewer else "",
        **{name: getattr(row, name) for name in names},
    )
