"""What stands behind a finding: the rows that were reported, the claims weighed, the acts done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.findings import queries
from pehra.findings.models import Finding
from pehra.findings.rules import CLEAN_CYCLES, CLEAN_TIME
from pehra.kernel.addresses import pack, unpack
from pehra.ledger import queries as ledger
from pehra.observations import queries as lake
from pehra.registry import queries as registry
from pehra.web import figures, marks, phrases
from pehra.web.findings import rows
from pehra.web.ledger.views import facts_text
from pehra.web.tables import Fact

if TYPE_CHECKING:
    from pehra.findings.queries import FindingView, Stepped
    from pehra.ledger.body import Body
    from pehra.mandate.viewers import Viewer
    from pehra.registry.explanations import ClaimView

_SIZE = 10


class SeenRow(msgspec.Struct, frozen=True):
    """One observation on the finding's page."""

    seen: figures.Moment | None
    source: str
    address: str
    details: str
    place: str
    batch_href: str


class Seen(msgspec.Struct, frozen=True):
    """A page of observations, and what attribution said about the newest of all."""

    rows: list[SeenRow]
    more: bool
    text: str
    why: str = ""
    claim: int | None = None
    beaten: int | None = None


def addresses(found: FindingView) -> tuple[bytes, bytes] | None:
    """First and last address of the asset, packed; None where it is none."""
    if found.row.asset_kind != Finding.AssetKind.ADDRESS:
        return None
    packed = pack(found.row.asset)
    return packed, packed


def _details(row: dict[str, Any]) -> str:
    words = [row.get("protocol"), row.get("application"), row.get("family")]
    words += [row.get("product_vendor"), row.get("product_name"), row.get("product_version")]
    words += (row.get("cves") or [])[:5]
    return " · ".join(str(word) for word in dict.fromkeys(words) if word) or figures.NOTHING


def address_of(row: dict[str, Any]) -> str:
    """What an observation is about: host, address and port, as far as it names them."""
    host = row.get("url_host") or row.get("host")
    address = unpack(row["ip"]) if row.get("ip") else ""
    if row.get("port") is not None:
        address = f"[{address}]:{row['port']}" if ":" in address else f"{address}:{row['port']}"
    return " ".join(part for part in (host, address) if part) or figures.NOTHING


def _row(row: dict[str, Any], viewer: Viewer, now: datetime) -> SeenRow:
    batch = row["batch"]
    return SeenRow(
        seen=figures.moment(row["observed_at"], now=now),
        source=row["source"],
        address=address_of(row),
        details=_details(row),
        place=f"{batch[:8]} #{row['row']}",
        batch_href=reverse("batch", args=[batch]) if viewer.sees_all else "",
    )


def _reported(
    found: FindingView, key: int, viewer: Viewer, *, limit: int, offset: int
) -> list[dict[str, Any]]:
    frame = lake.of_finding(
        settings.HOME,
        key,
        addresses(found),
        viewer=viewer,
        holder=found.organisation_id,
        limit=limit,
        offset=offset,
    )
    return frame.to_dicts()


def observations(found: FindingView, *, viewer: Viewer, page: int, now: datetime) -> Seen:
    """A page of the rows that reported this finding, newest first."""
    if found.lake_key is None:
        return Seen([], more=False, text="")
    offset = (page - 1) * _SIZE
    dicts = _reported(found, found.lake_key, viewer, limit=_SIZE + 1, offset=offset)
    shown = dicts[:_SIZE]
    # What attribution said last holds, whichever page is read.
    newest = _reported(found, found.lake_key, viewer, limit=1, offset=0) if offset else shown[:1]
    count = found.row.count
    words = ngettext("Reported %(n)s time", "Reported %(n)s times", count)
    first = newest[0] if newest else {}
    return Seen(
        rows=[_row(row, viewer, now) for row in shown],
        more=len(dicts) > _SIZE,
        text=words % {"n": figures.number(count)},
        why=first.get("why") or "",
        claim=first.get("claim"),
        beaten=first.get("beaten"),
    )


class Weighed(msgspec.Struct, frozen=True):
    """A claim that was weighed."""

    badge: marks.Badge
    asset: str
    holder: str
    source: str
    confidence: str


def _weighed(claim: ClaimView, tone: str, word: str) -> Weighed:
    source = str(phrases.CLAIM_SOURCE.get(claim.source, claim.source))
    confidence = f"{claim.confidence}%"
    return Weighed(marks.Badge(tone, word), claim.asset, claim.name, source, confidence)


class Reasons(msgspec.Struct, frozen=True):
    """Why the finding belongs to whom it does."""

    text: str
    claims: list[Weighed]


def reasons(found: FindingView, seen: Seen, *, viewer: Viewer) -> Reasons:
    """The claim that won and the best that lost, as far as the reader may see them.

    What attribution wrote may name a claim of another tenant: others than national staff get the
    sentence that the register makes for them.
    """
    winner = seen.claim if seen.claim is not None else found.claim
    told = registry.explain(winner, seen.beaten, viewer=viewer)
    outcomes = ((told.winner, "done", _("Holds")), (told.beaten, "off", _("Beaten")))
    return Reasons(
        text=seen.why if viewer.sees_all and seen.why else told.reason if winner else "",
        claims=[_weighed(claim, tone, word) for claim, tone, word in outcomes if claim is not None],
    )


class Done(msgspec.Struct, frozen=True):
    """One act on the finding."""

    act: str
    who: str
    at: figures.Moment | None
    facts: str


def _done(entry: Body, now: datetime) -> Done:
    who = f"{entry.actor.name}, {entry.actor.office}" if entry.actor.office else entry.actor.name
    at = figures.moment(datetime.fromisoformat(entry.at), now=now)
    return Done(str(phrases.ACT.get(entry.act, entry.act)), who, at, facts_text(entry))


def _stepped(step: Stepped, now: datetime, viewer: Viewer) -> Done:
    """A change of state; which report did it is for those who may see reports."""
    report = step.by.startswith("batch ")
    who = _("by a report") if report and not viewer.sees_all else step.by
    return Done(marks.state(step.state).word, who, figures.moment(step.at, now=now), step.why)


def history(found: FindingView, *, viewer: Viewer, now: datetime) -> list[Done]:
    """Changes of state and acts from the ledger, newest first, down to the first sighting."""
    first = found.row.first_seen
    told = [(found.opened_at, Done(_("Opened"), "", figures.moment(found.opened_at, now=now), ""))]
    told += [(first, Done(_("First seen in a report"), "", figures.moment(first, now=now), ""))]
    told += [
        (step.at, _stepped(step, now, viewer))
        for step in queries.steps(found.row.id, viewer=viewer)
    ]
    told += [
        (datetime.fromisoformat(entry.at), _done(entry, now))
        for entry in ledger.show(f"finding:{found.row.id}")
    ]
    return [done for _at, done in sorted(told, key=lambda pair: pair[0], reverse=True)]


class Head(msgspec.Struct, frozen=True):
    """The finding's head and its side column."""

    name: str
    identifier: str
    asset: str
    severity: marks.SeverityMark
    state: marks.Badge
    organisation: str
    organisation_href: str
    due: figures.Due | None
    facts: list[Fact]
    covered_clean: int
    gone_text: str


def _gone_text(found: FindingView, now: datetime) -> str:
    if found.gone_at:
        return _("Gone: three reports covered the asset without it, over at least 72 hours.")
    if not found.exposed:
        return _("An event, not a service: it closes when its source reports on without it.")
    if found.row.last_seen + CLEAN_TIME > now:
        return _("Seen within 72 hours: too early to say.")
    return _("Clean reports so far: %(n)s of %(all)s.") % {
        "n": found.covered_clean,
        "all": CLEAN_CYCLES,
    }


def _facts(found: FindingView, shown: rows.Shown, now: datetime) -> list[Fact]:
    network = f"AS{found.asn}" if found.asn else _("not known")
    facts = [
        Fact(_("Class"), f"{found.rsit_class} / {found.rsit_type}", code=True),
        Fact(_("Named"), found.row.what, code=True) if found.row.what else None,
        Fact(_("Lead team"), shown.team or _("none")),
        Fact(_("Network"), f"{network} {found.country}".strip(), code=bool(found.asn)),
        Fact(_("Sources"), ", ".join(found.sources) or figures.NOTHING, code=True),
        Fact(_("Times reported"), shown.count),
        Fact(_("First seen"), at=shown.first_seen),
        Fact(_("Last seen"), at=shown.last_seen),
        Fact(_("Last covered"), at=figures.moment(found.last_covered, now=now))
        if found.last_covered
        else None,
        Fact(_("Relapses"), figures.number(found.relapses)) if found.relapses else None,
        Fact(
            _("Held before by another"),
            f"F{found.previous}",
            href=reverse("finding", args=[found.previous]),
        )
        if found.previous
        else None,
    ]
    return [fact for fact in facts if fact is not None]


def head(found: FindingView, *, now: datetime) -> Head:
    """The finding, ready to print."""
    shown = rows.shown(found.row, now=now.astimezone(UTC))
    return Head(
        name=shown.name,
        identifier=shown.identifier,
        asset=shown.asset,
        severity=shown.severity,
        state=shown.state,
        organisation=shown.organisation,
        organisation_href=shown.organisation_href,
        due=None if found.gone_at else shown.due,
        facts=_facts(found, shown, now),
        covered_clean=min(found.covered_clean, CLEAN_CYCLES),
        gone_text=_gone_text(found, now),
    )
