"""Put versions of rules in force, and let rules open and feed cases."""

from __future__ import annotations

import hashlib
from datetime import datetime, time
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.cases.actions.links import link_all
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.actions.timeline import Line, record
from pehra.cases.fromfindings import queries, rules
from pehra.cases.models.feed import CaseRule, Feed
from pehra.cases.rules import EntryKind, LinkKind, Origin
from pehra.jobs import actions as jobs
from pehra.kernel.actors import SYSTEM
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from pehra.cases.fromfindings.queries import Outlook
    from pehra.kernel.actors import Actor

MOST_LINKS, MOST_LINKS_OVER = 10_000, 500
"""Findings of one group that are linked, with a case of its own and over the limit; the feed says
how many there were."""
_NAMED = 40
"""Groups over the limit that are named in words."""


class Done(msgspec.Struct, frozen=True):
    """What the rules did: cases opened, cases fed, findings linked anew."""

    opened: int = 0
    fed: int = 0
    linked: int = 0


def set_rules(content: bytes, *, actor: Actor, now: datetime) -> int:
    """Put versions of rules in force, each from its day on; gives how many changed.

    Raises:
        UsageError: it is no file of rules.
    """
    wanted = rules.read(content)
    changed = 0
    with transaction.atomic():
        for rule in wanted:
            told = msgspec.json.decode(msgspec.json.encode(rule))
            kept = CaseRule.objects.filter(slug=rule.slug, valid_from=rule.valid_from).first()
            if kept is not None and kept.content == told:
                continue
            CaseRule.objects.update_or_create(
                slug=rule.slug,
                valid_from=rule.valid_from,
                defaults={"content": told, "set_at": now, "set_by": actor.name[:254]},
            )
            changed += 1
        if changed:
            append(
                "cases.set-rules",
                actor=actor,
                subject="case-rules",
                facts={"changed": changed, "digest": hashlib.sha256(content).hexdigest()},
                now=now,
            )
    return changed


def _silent(done: int, total: int) -> None:
    del done, total


def feed(*, now: datetime, zone: ZoneInfo, progress: Callable[[int, int], None] = _silent) -> Done:
    """Let every rule that is enabled open and feed cases.

    A group is one transaction, so work that was cut short goes on with the next group; the same
    findings again change nothing. Two runs at once take turns, group by group.
    """
    done = Done()
    for at in queries.outlook(now=now, zone=zone, progress=progress):
        if at.rule.enabled:
            done = _add(done, follow(at, now=now, zone=zone))
    return done


def _add(one: Done, other: Done) -> Done:
    return Done(one.opened + other.opened, one.fed + other.fed, one.linked + other.linked)


def follow(at: Outlook, *, now: datetime, zone: ZoneInfo) -> Done:
    """Do what was planned, as far as it still holds: another run may have done it meanwhile."""
    done, today = Done(), now.astimezone(zone).date()
    begun = datetime.combine(today, time(), zone)
    for planned in at.planned:
        if not planned.over:
            done = _add(done, _apply_one(at.rule, planned, begun, now))
    over = [planned for planned in at.planned if planned.over]
    return _add(done, _apply_over(at.rule, over, today, now)) if over else done


def _still(
    rule: rules.Rule, planned: Sequence[rules.Planned], now: datetime
) -> list[rules.Planned]:
    """What of it still holds, with the cases of now; in the caller's transaction, one at a time."""
    jobs.hold(f"case-rule:{rule.slug}"[:64], now=now)
    names = {rules.OVER, *(one.group.name for one in planned)}
    fed, judged = queries.fed_by(rule.slug, names), queries.judged(rule.slug, names)
    takes = fed.get(rules.OVER)
    found = []
    for one in planned:
        if judged.get(one.group.name, 0) >= one.group.findings[0]:
            continue  # a person has ended its case meanwhile: the next run sees what is left
        case = fed.get(one.group.name) or (takes if one.over else None)
        found.append(msgspec.structs.replace(one, case=case.case if case else None))
    return found


def _apply_one(rule: rules.Rule, planned: rules.Planned, begun: datetime, now: datetime) -> Done:
    with as_system(), transaction.atomic():
        still = _still(rule, [planned], now)
        full = queries.opened_since(rule.slug, begun) >= rule.most_a_day
        if not still or (still[0].case is None and full):
            return Done()  # the limit was reached meanwhile: the next run puts it over
        planned = still[0]
        case = planned.case or _open(rule, planned.title, planned.group, now)
        linked = _feed(planned, case, now)
    return Done(int(planned.case is None), int(planned.case is not None and linked > 0), linked)


def _open(rule: rules.Rule, title: str, group: rules.Group, now: datetime) -> int:
    # Of many holders none is told by this: a person decides who is brought into the case.
    alone = group.organisations if len(group.organisations) == 1 else ()
    text = (
        f"Rule {rule.slug} opened this case: {len(group.findings)} findings of"
        f" {len(group.organisations)} organisations, seen within {rule.within_days} days."
    )
    opening = Opening(
        title=title, kind=rule.case_kind, affected=alone, origin=Origin.FINDINGS, text=text
    )
    return open_case(opening, actor=SYSTEM, at=now)


def _feed(planned: rules.Planned, case: int, now: datetime) -> int:
    """Link a group's findings with its case, and note that; how many links are new."""
    rule, group = planned.rule, planned.group
    digest = hashlib.sha256(",".join(map(str, group.findings)).encode()).hexdigest()
    kept = Feed.objects.filter(rule=rule, group=group.name, case=case).first()
    if kept is not None and kept.digest == digest:
        return 0
    refs = group.findings[: MOST_LINKS_OVER if planned.over else MOST_LINKS]
    note = f"rule {rule}"
    linked = link_all(case, LinkKind.FINDING, refs, actor=SYSTEM, at=now, note=note)
    facts = {
        "fed_at": now,
        "findings": len(group.findings),
        "last": group.findings[-1],
        "digest": digest,
    }
    made = {**facts, "opened": planned.case is None and not planned.over, "begun_at": now}
    Feed.objects.update_or_create(
        rule=rule, group=group.name, case_id=case, defaults=facts, create_defaults=made
    )
    return linked


def _apply_over(
    rule: rules.Rule, over: Sequence[rules.Planned], today: date, now: datetime
) -> Done:
    """One case takes all that is over the limit, and names it."""
    with as_system(), transaction.atomic():
        over = _still(rule, over, now)
        if not over:
            return Done()
        fresh = [one for one in over if one.case is None]
        takes = next((one.case for one in over if one.case is not None), None)
        case = takes or _open_over(rule, today, now)
        linked = 0
        for one in over:
            linked += _feed(one, one.case or case, now)
        if fresh or takes is None:
            named = "; ".join(f"{one.title} ({len(one.group.findings)})" for one in over[:_NAMED])
            more = f"; and {len(over) - _NAMED} more" if len(over) > _NAMED else ""
            text = f"{len(over)} groups are over the limit: {named}{more}."
            line = Line(kind=EntryKind.NOTE, text=text, facts={"over": len(over)})
            record(case, line, actor=SYSTEM, at=now)
    return Done(int(takes is None), int(takes is not None and linked > 0), linked)


def _open_over(rule: rules.Rule, today: date, now: datetime) -> int:
    opening = Opening(
        title=rules.title_over(rule, today), kind=rule.case_kind, origin=Origin.FINDINGS
    )
    case = open_case(opening, actor=SYSTEM, at=now)
    Feed.objects.create(
        rule=rule.slug, group=rules.OVER, case_id=case, opened=True, begun_at=now, fed_at=now
    )
    return case
