"""Who leads, who may see, which clocks bind, and what the structure lacks."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib.auth.models import AnonymousUser

from pehra.kernel.labels import Severity
from pehra.mandate.models import (
    Clock,
    Ground,
    Holiday,
    Office,
    Organisation,
    Power,
    Sector,
    Team,
    Tenure,
    Territory,
    User,
)
from pehra.mandate.rules import (
    ClockFacts,
    Holder,
    HolderRow,
    Post,
    Routing,
    TeamFacts,
    in_force,
    route,
    sees_all,
)
from pehra.mandate.structure import KEYS, REFERENCES, Key, Present, key_of
from pehra.mandate.viewers import NOBODY, Viewer

if TYPE_CHECKING:
    from django.db import models

TABLES: dict[str, type[models.Model]] = {
    "territories": Territory,
    "sectors": Sector,
    "organisations": Organisation,
    "teams": Team,
    "offices": Office,
    "grounds": Ground,
    "clocks": Clock,
    "powers": Power,
    "holidays": Holiday,
}
"""List of a structure file -> table."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "territories": ("code", "name", "name_ur", "tile"),
    "sectors": ("slug", "name", "name_ur", "restricted"),
    "organisations": ("slug", "name", "name_ur", "role", "is_public", "cii_grade"),
    "teams": ("slug", "name", "name_ur", "tier", "status", "reachable", "restricted"),
    "offices": ("slug", "name", "role"),
    "grounds": ("slug", "instrument", "section", "acts", "longest_days"),
    "clocks": ("kind", "severity", "category", "hours", "minutes"),
    "powers": ("act", "role", "does", "tier"),
    "holidays": ("slug", "day", "name", "name_ur"),
}
"""Plain columns of each list, beside those that every dated row has."""

DATED = ("valid_from", "valid_to", "source", "unconfirmed", "note")
_FILE_NAMES = {"is_public": "public"}


def present_structure() -> dict[str, dict[Key, Present]]:
    """All rows that a structure file may speak of, in the file's words."""
    found: dict[str, dict[Key, Present]] = {}
    for kind, model in TABLES.items():
        rows: dict[Key, Present] = {}
        for facts, filed in _rows_as_facts(kind, model):
            rows[key_of(kind, facts)] = Present(facts, filed)
        found[kind] = rows
    return found


def _rows_as_facts(kind: str, model: type[models.Model]) -> list[tuple[dict[str, Any], str]]:
    slugs = {name: f"{name}__{KEYS[target][0]}" for name, target in REFERENCES[kind].items()}
    plain = (*COLUMNS[kind], *DATED)
    rows = model._default_manager.order_by("pk").values("filed", *plain, *slugs.values())
    found = []
    for row in rows:
        facts = {_FILE_NAMES.get(name, name): _as_stated(name, row[name]) for name in plain}
        facts.update({name: row[path] for name, path in slugs.items()})
        found.append((facts, row["filed"]))
    return found


def _as_stated(name: str, value: Any) -> Any:  # noqa: ANN401 a cell of any column
    if isinstance(value, date):
        return value.isoformat()
    if name == "severity" and value is not None:
        return Severity(value).word
    return value


def teams() -> list[TeamFacts]:
    """All teams as routing sees them, whatever the day."""
    names = [field for field in TeamFacts.__struct_fields__ if field not in ("sector", "territory")]
    rows = Team.objects.order_by("id").values(*names, "sector_id", "territory_id")
    return [
        TeamFacts(sector=row.pop("sector_id"), territory=row.pop("territory_id"), **row)
        for row in rows
    ]


def lead_teams(on: date, organisations: set[int] | None = None) -> dict[int, int]:
    """Lead team of every organisation that has one: organisation id -> team id.

    Args:
        on: the day whose structure counts, UTC.
        organisations: only of these; None: of all.

    Routing is decided once for each pair of sector, territory and kind, so the cost is that of
    reading two columns of the table.
    """
    everyone = teams()
    known: dict[Holder, int | None] = {}
    found: dict[int, int] = {}
    rows = Organisation.objects.values_list(
        "id", "sector_id", "territory_id", "is_public", "sector__team_id"
    )
    if organisations is not None:
        rows = rows.filter(pk__in=organisations)
    for organisation, sector, territory, public, team in rows.iterator(chunk_size=10_000):
        holder = Holder(sector, territory, public, team)
        if holder not in known:
            known[holder] = route(holder, everyone, on).lead
        lead = known[holder]
        if lead is not None:
            found[organisation] = lead
    return found


def routing_stamp(leads: dict[int, int]) -> str:
    """Short digest of who leads on whom: changes when routing does."""
    body = msgspec.json.encode(sorted(leads.items()))
    return hashlib.sha256(body).hexdigest()[:12]


def routing(organisation: int, on: date) -> Routing:
    """Lead, support and gaps for one organisation; an unknown id is routed as a stranger."""
    facts = (
        Organisation.objects.filter(id=organisation)
        .values_list("sector_id", "territory_id", "is_public", "sector__team_id")
        .first()
    )
    return route(Holder(*facts) if facts else Holder(), teams(), on)


def national_team(on: date) -> int | None:
    """The team that leads where nobody nearer does; null where the nation has none in force."""
    return route(Holder(), teams(), on).lead


def clocks() -> list[ClockFacts]:
    """The table of deadlines, for `rules.hours`."""
    names = [
        name for name in ClockFacts.__struct_fields__ if name not in ("sector", "organisation")
    ]
    rows = Clock.objects.order_by("id").values(*names, "sector_id", "organisation_id")
    return [
        ClockFacts(sector=row.pop("sector_id"), organisation=row.pop("organisation_id"), **row)
        for row in rows
    ]


def sectors_of(organisations: set[int] | None = None) -> dict[int, int]:
    """Sector id of each organisation that has one; of all where none are named."""
    rows = Organisation.objects.filter(sector__isnull=False)
    if organisations is not None:
        rows = rows.filter(id__in=organisations)
    return dict(rows.values_list("id", "sector_id"))


def posts_of(user: User, on: date) -> list[Post]:
    """Offices that a person holds on a day; checked when read, so no job has to end a tenure."""
    if not user.is_active:
        return []
    tenures = Tenure.objects.filter(person=user).select_related("office__team")
    return [
        Post(
            office=tenure.office.slug,
            role=tenure.office.role,
            team=tenure.office.team_id,
            tier=tenure.office.team.tier if tenure.office.team else "",
            organisation=tenure.office.organisation_id,
            name=tenure.office.name,
        )
        for tenure in tenures.order_by("office__slug")
        if in_force(tenure.valid_from, tenure.valid_to, on)
        and in_force(tenure.office.valid_from, tenure.office.valid_to, on)
    ]


def viewer_of(user: User | AnonymousUser, on: date) -> Viewer:
    """What a person may see on a day, by the offices held; without one, nothing."""
    if isinstance(user, AnonymousUser):
        return NOBODY
    return viewer_in(posts_of(user, on), user.email, on)


def viewer_in(posts: list[Post], name: str, on: date) -> Viewer:
    """What the holder of some posts may see on a day."""
    return Viewer(
        name=name,
        sees_all=sees_all(posts),
        teams=frozenset(post.team for post in posts if post.team is not None),
        organisations=frozenset(
            post.organisation for post in posts if post.organisation is not None
        ),
        on=on,
    )


def with_constituents(viewer: Viewer) -> Viewer:
    """The same viewer with the organisations on which the viewer's teams lead on that day."""
    if viewer.sees_all or not viewer.teams or viewer.on is None:
        return viewer
    led = {holder for holder, team in lead_teams(viewer.on).items() if team in viewer.teams}
    return msgspec.structs.replace(viewer, organisations=viewer.organisations | led)


class Gap(msgspec.Struct, frozen=True):
    """Something that the structure lacks.

    Attributes:
        kind: `sector-without-team`, `sector-without-regulator`, `territory-without-team`,
            `team-not-active`, `office-vacant` or `no-national-team`.
        subject: slug or code.
        name: for people.
        detail: a sentence.
        unconfirmed: the row itself rests on no public source.
    """

    kind: str
    subject: str
    name: str
    detail: str
    unconfirmed: bool = False


def gaps(on: date) -> list[Gap]:
    """What the structure lacks on a day, sectors first (R12, R20)."""
    everyone = teams()
    found = [*_sector_gaps(everyone, on), *_territory_gaps(everyone, on), *_team_gaps()]
    found.extend(_vacant_offices(on))
    if route(Holder(), everyone, on).lead is None:
        found.append(Gap("no-national-team", "national", "National CERT", "No team is in force."))
    return found


def _sector_gaps(everyone: list[TeamFacts], on: date) -> list[Gap]:
    found = []
    for sector in Sector.objects.select_related("team", "regulator").order_by("slug"):
        routed = route(Holder(sector=sector.pk, sector_team=sector.team_id), everyone, on)
        if any(skipped.step == "sector" for skipped in routed.gaps):
            detail = f"{sector.team.name} is not active." if sector.team else "No team serves it."
            found.append(
                Gap("sector-without-team", sector.slug, sector.name, detail, sector.unconfirmed)
            )
        if sector.regulator is None:
            detail = sector.note or "No regulator is known."
            found.append(Gap("sector-without-regulator", sector.slug, sector.name, detail))
    return found


def _territory_gaps(everyone: list[TeamFacts], on: date) -> list[Gap]:
    return [
        Gap("territory-without-team", territory.code, territory.name, "No active team serves it.")
        for territory in Territory.objects.order_by("code")
        if any(
            skipped.step == "provincial"
            for skipped in route(Holder(territory=territory.pk), everyone, on).gaps
        )
    ]


def _team_gaps() -> list[Gap]:
    rows = Team.objects.exclude(status=Team.Status.ACTIVE).exclude(status=Team.Status.DISSOLVED)
    found = [
        Gap("team-not-active", team.slug, team.name, f"Status: {team.status}.", team.unconfirmed)
        for team in rows.order_by("slug")
    ]
    unreachable = Team.objects.filter(status=Team.Status.ACTIVE, reachable=False)
    found.extend(
        Gap("team-not-active", team.slug, team.name, "Active, but cannot be reached.")
        for team in unreachable.order_by("slug")
    )
    return found


def _vacant_offices(on: date) -> list[Gap]:
    held = {
        office
        for office, since, until in Tenure.objects.filter(person__is_active=True).values_list(
            "office_id", "valid_from", "valid_to"
        )
        if in_force(since, until, on)
    }
    return [
        Gap("office-vacant", office.slug, office.name, "Nobody holds it.", office.unconfirmed)
        for office in Office.objects.order_by("slug")
        if office.pk not in held and in_force(office.valid_from, office.valid_to, on)
    ]


class Slugs(msgspec.Struct, frozen=True):
    """What a register may refer to.

    Attributes:
        sectors: slug -> id.
        territories: code -> id.
    """

    sectors: dict[str, int]
    territories: dict[str, int]


def slugs() -> Slugs:
    """Slugs of sectors and codes of territories, with ids."""
    return Slugs(
        sectors=dict(Sector.objects.values_list("slug", "id")),
        territories=dict(Territory.objects.values_list("code", "id")),
    )


def holders() -> dict[str, tuple[int, HolderRow]]:
    """All organisations: slug -> (id, row)."""
    plain = ("slug", "name", "name_ur", "country", "is_public", "cii_grade", "standing")
    rows = Organisation.objects.values("id", *plain, "sector__slug", "territory__code")
    return {
        row["slug"]: (
            row["id"],
            HolderRow(
                sector=row["sector__slug"],
                territory=row["territory__code"],
                **{name: row[name] for name in plain},
            ),
        )
        for row in rows.iterator(chunk_size=10_000)
    }


def organisation_row(slug: str) -> Organisation | None:
    """The row of an organisation, with sector and territory; for rooms above."""
    return Organisation.objects.select_related("sector", "territory").filter(slug=slug).first()


def slug_of(organisation: int) -> str:
    """The slug of an organisation that there is."""
    return Organisation.objects.values_list("slug", flat=True).get(pk=organisation)


def organisation_lines(
    viewer: Viewer, *, after: str, size: int
) -> list[tuple[int, str, str, str, str]]:
    """Id, slug, name, name of the sector and standing of what `viewer` names, by slug."""
    rows = Organisation.objects.filter(slug__gt=after).order_by("slug")
    if not viewer.sees_all:
        rows = rows.filter(pk__in=viewer.organisations)
    names = ("pk", "slug", "name", "sector__name", "standing")
    return [(pk, slug, name, sector or "", standing) for pk, slug, name, sector, standing
            in rows.values_list(*names)[:size]]  # fmt: skip


def team_names() -> dict[int, tuple[str, str]]:
    """Names of teams in English and in Urdu, by id."""
    rows = Team.objects.values_list("id", "name", "name_ur")
    return {number: (name, name_ur) for number, name, name_ur in rows}


class AccountLine(msgspec.Struct, frozen=True):
    """An account with the offices that its holder holds on the day."""

    email: str
    name: str
    offices: tuple[str, ...]
    active: bool


def accounts(on: date) -> list[AccountLine]:
    """All accounts, by mail address."""
    return [
        AccountLine(
            user.email, user.name, tuple(post.office for post in posts_of(user, on)), user.is_active
        )
        for user in User.objects.order_by("email")
    ]
