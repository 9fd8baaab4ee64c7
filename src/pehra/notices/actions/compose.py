"""What a notice says, read from findings, from the lake, and from the register."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from pehra.dispatch.letters import mark_of_exercise
from pehra.dispatch.queries import sending
from pehra.dispatch.rules import Mode, Outgoing, Recipient
from pehra.findings.advice import advice
from pehra.findings.keys import secret_of
from pehra.findings.queries import told as findings
from pehra.findings.rules import State
from pehra.kernel.labels import Pap, Tlp
from pehra.mandate import queries as mandate
from pehra.mandate.queries.search import named
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import exercises, letters, links, matters, queries
from pehra.notices.letters import Matter
from pehra.notices.queries.exercises import made_up
from pehra.notices.rules import Kind
from pehra.observations import queries as lake
from pehra.observations.plain import plain
from pehra.observations.xarf import Reporter, report
from pehra.registry.queries.contacts import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.kernel.settings import Home, Settings
    from pehra.notices.queries import NoticeView

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


class _Said(msgspec.Struct, frozen=True):
    """What a message says: its lines with their labels, whose they are, advice and reports."""

    content: matters.Content
    holders: dict[int, str]
    advice: dict[str, letters.Advice]
    reports: tuple[dict[str, Any], ...]


def composed(at: Composer, number: int, *, now: datetime) -> Composed | None:
    """The message of a notice as things stand; None where nothing of it is left to tell."""
    notice = queries.one(number, viewer=SYSTEM_VIEWER)
    if notice is None:
        return None
    if notice.scenario:
        return Composed(_outgoing(at, notice, _made_up(at, notice), now), ())
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
    said = _Said(content, holders, _advice(content.lines, notice.language), tuple(reports))
    withheld = {one.id for one in shown} - {line.finding for line in content.lines}
    kept = tuple(one.id for one in standing if one.id not in withheld)
    return Composed(_outgoing(at, notice, said, now), kept)


def _made_up(at: Composer, notice: NoticeView) -> _Said:
    """What an exercise says whose findings are made up."""
    lines = tuple(made_up(notice, viewer=SYSTEM_VIEWER))
    parties = queries.parties(notice.id, viewer=SYSTEM_VIEWER)
    content = matters.Content(lines, Tlp.AMBER, Pap.AMBER, 0)
    rows = (exercises.row(line, notice.id) for line in lines)
    return _Said(
        content,
        {one.organisation: one.name for one in parties},
        _advice(lines, notice.language),
        tuple(_reports(at, rows)),
    )


def _outgoing(at: Composer, notice: NoticeView, said: _Said, now: datetime) -> Outgoing:
    number, content, holders = notice.id, said.content, said.holders
    until = now.astimezone(at.zone).date() + timedelta(days=at.settings.notices.answer_days)
    drill = mark_of_exercise(notice.language) if notice.exercise else ""
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
        advice=said.advice,
        link=at.link(number, until),
        until=until,
        tlp=content.tlp,
        zone=at.zone,
        reports=tuple(map(exercises.tagged, said.reports)) if drill else said.reports,
        reply_tag=links.tag(number, at.key),
        drill=drill,
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
        exercise=notice.exercise,
        urgent=notice.kind == Kind.URGENT,
    )
    return msgspec.structs.replace(outgoing, **_keys(notice.contact, now))


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
    return content, list(_reports(at, plain(rows)))


def _line(one: findings.Told, holders: dict[int, str], slugs: dict[int, str]) -> letters.Line:
    names = set(letters.Line.__struct_fields__) - {"finding", "organisation", "sources", "mark"}
    return letters.Line(
        finding=one.id,
        organisation=holders.get(one.organisation, ""),
        sources=tuple(sorted(slug for bit, slug in slugs.items() if one.sources >> bit & 1)),
        **{name: getattr(one, name) for name in names},
    )


def _reports(at: Composer, rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    exchange = at.settings.exchange
    if not exchange.contact:
        return  # XARF asks for a contact, and a made-up one would mislead
    domain = exchange.domain or exchange.contact.rpartition("@")[2]
    reporter = Reporter(exchange.name, exchange.contact, domain)
    for row in rows:
        yield report(row, reporter)


def _advice(shown: Iterable[letters.Line], language: str) -> dict[str, letters.Advice]:
    found: dict[str, letters.Advice] = {}
    for one in shown:
        if one.identifier not in found:
            known = advice(one.identifier, one.rsit_class, one.rsit_type, language)
            found[one.identifier] = letters.Advice(
                one.identifier, known.what, known.why, known.fix, known.check
            )
    return found
