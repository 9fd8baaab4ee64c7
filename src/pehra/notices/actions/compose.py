"""What a notice says, read from findings, from the lake, and from the register."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from pehra.dispatch.queries import sending
from pehra.dispatch.rules import Mode, Outgoing, Recipient
from pehra.findings.advice import advice
from pehra.findings.keys import secret_of
from pehra.findings.queries import told as findings
from pehra.findings.rules import State
from pehra.mandate import queries as mandate
from pehra.mandate.queries.search import named
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import letters, links, matters, queries
from pehra.notices.letters import Matter
from pehra.notices.rules import Kind
from pehra.observations import queries as lake
from pehra.observations.plain import plain
from pehra.observations.xarf import Reporter, report
from pehra.registry.queries.contacts import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.kernel.settings import Home, Settings

_LOOK_BACK = timedelta(days=120)
_MOST_REPORTS = 500


class Composed(msgspec.Struct, frozen=True):
    """A message that is ready for the door, and the findings that it names or counts."""

    outgoing: Outgoing
    findings: tuple[int, ...]


class Composer(msgspec.Struct, frozen=True):
    """What all messages of a round share."""

    home: Home
    settings: Settings
    team: tuple[str, str]
    """Who writes, in English and in Urdu."""
    key: bytes
    mode: Mode
    """How far sending is on."""

    @property
    def zone(self) -> ZoneInfo:
        """Of the nation."""
        return ZoneInfo(self.settings.nation.time_zone)

    def link(self, notice: int, until: date) -> str:
        """The address at which a notice is answered."""
        return f"{self.settings.outside}/answer/{links.sign(links.Link(notice, until), self.key)}/"


def composer(home: Home, settings: Settings, on: date) -> Composer:
    """A composer for a home on a day.

    Raises:
        EnvironmentFault: the home's secret is not there.
    """
    national = mandate.national_team(on)
    own = (settings.exchange.name, "")
    team = own if national is None else mandate.team_names().get(national, own)
    return Composer(home, settings, team, links.key_of(secret_of(home)), sending().mode)


def composed(at: Composer, number: int, *, exercise: bool, now: datetime) -> Composed | None:
    """The message of a notice as things stand; None where nothing of it is left to tell."""
    notice = queries.one(number, viewer=SYSTEM_VIEWER)
    if notice is None:
        return None
    wanted = findings.told(queries.findings_of(number, viewer=SYSTEM_VIEWER), viewer=SYSTEM_VIEWER)
    # Once the holder has answered, nobody above is told of it any more.
    alive = frozenset({State.NOTIFIED}) if notice.rung else findings.OUTSTANDING
    standing = [one for one in wanted if one.state in alive]
    if not standing:
        return None
    shown = standing[: at.settings.notices.most_lines]
    holders = {one.id: one.name for one in named({one.organisation for one in standing})}
    content, reports = _content(at, shown, holders, now)
    if not content.lines:
        return None
    until = now.astimezone(at.zone).date() + timedelta(days=at.settings.notices.answer_days)
    matter = Matter(
        number=number,
        kind=Kind(notice.kind),
        language=notice.language,
        purpose=notice.why.split(" ")[0],
        why=notice.why,
        organisations=tuple(sorted(holders.values())),
        team=(at.team[1] if notice.language == "ur" else "") or at.team[0],
        phone=at.settings.notices.phone,
        lines=content.lines,
        advice=_advice(shown, notice.language),
        link=at.link(number, until),
        until=until,
        tlp=content.tlp,
        zone=at.zone,
        reports=tuple(reports),
        reply_tag=links.tag(number, at.key),
    )
    outgoing = Outgoing(
        kind="notice",
        reference=f"notice:{number}",
        key=f"notice:{number}",
        recipient=Recipient(
            organisation=min(holders),
            contact=notice.contact,
            address=notice.mailbox,
            language=notice.language,
        ),
        letter=letters.write(matter),
        tlp=content.tlp,
        pap=content.pap,
        about=frozenset(holders),
        exercise=exercise,
        urgent=notice.kind == Kind.URGENT,
    )
    outgoing = msgspec.structs.replace(outgoing, **_keys(notice.contact, now))
    withheld = {one.id for one in shown} - {line.finding for line in content.lines}
    return Composed(outgoing, tuple(one.id for one in standing if one.id not in withheld))


def _keys(contact: int, now: datetime) -> dict[str, bytes]:
    """The newest key of each kind that has not expired; what has one leaves encrypted."""
    found: dict[str, bytes] = {}
    for key in keys_of(contact, viewer=SYSTEM_VIEWER):
        if key.expires_at is None or key.expires_at > now:
            found.setdefault(key.kind, key.content)
    return found


def _content(
    at: Composer, shown: list[findings.Told], holders: dict[int, str], now: datetime
) -> tuple[matters.Content, list[dict[str, Any]]]:
    by_key = {one.lake_key: one.id for one in shown if one.lake_key is not None}
    since = max(min(one.first_seen for one in shown), now - _LOOK_BACK).date()
    sums, newest = lake.told_of_findings(at.home, list(by_key), viewer=SYSTEM_VIEWER, since=since)
    told = {
        by_key[row["finding_key"]]: matters.Told(
            count=row["count"],
            first=row["first"],
            last=row["last"],
            sources=tuple(row["sources"]),
            label=row["label"],
            pap=row["pap"],
            withheld=row["withheld"],
        )
        for row in sums.drop_nulls("count").to_dicts()
    }
    secret = sums.filter(pl.col("count").is_null())["finding_key"].to_list()
    slugs = findings.slugs()
    known = [_line(one, holders, slugs) for one in shown]
    content = matters.joined(known, told, frozenset(by_key[key] for key in secret))
    rows = newest.sort("observed_at", descending=True).head(_MOST_REPORTS)
    return content, list(_reports(at, rows))


def _line(one: findings.Told, holders: dict[int, str], slugs: dict[int, str]) -> letters.Line:
    names = set(letters.Line.__struct_fields__) - {"finding", "organisation", "sources"}
    return letters.Line(
        finding=one.id,
        organisation=holders.get(one.organisation, ""),
        sources=tuple(sorted(slug for bit, slug in slugs.items() if one.sources >> bit & 1)),
        **{name: getattr(one, name) for name in names},
    )


def _reports(at: Composer, rows: pl.DataFrame) -> Iterable[dict[str, Any]]:
    exchange = at.settings.exchange
    if not exchange.contact:
        return  # XARF asks for a contact, and a made-up one would mislead
    domain = exchange.domain or exchange.contact.rpartition("@")[2]
    reporter = Reporter(exchange.name, exchange.contact, domain)
    for row in plain(rows):
        yield report(row, reporter)


def _advice(shown: list[findings.Told], language: str) -> dict[str, letters.Advice]:
    found: dict[str, letters.Advice] = {}
    for one in shown:
        if one.identifier not in found:
            known = advice(one.identifier, one.rsit_class, one.rsit_type, language)
            found[one.identifier] = letters.Advice(
                one.identifier, known.what, known.why, known.fix, known.check
            )
    return found
