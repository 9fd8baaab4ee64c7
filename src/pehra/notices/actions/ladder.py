"""The ladder: somebody else is told when nobody answered (rules, decision 1.5 and section 4.2).

The holder's security officer is written to, and telephoned at critical infrastructure; from the
lead team on a step is a task that a person takes. It stops of itself once the holder answers or the
finding ends, since only what stands unanswered climbs.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
from django.db import connection, transaction

from pehra.dispatch.queries import sent_among
from pehra.engines.tables import bulk
from pehra.findings.queries import told as findings
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.labels import Severity
from pehra.kernel.time import micros
from pehra.ledger import actions as ledger
from pehra.mandate import queries as mandate
from pehra.mandate.queries.places import critical_infrastructure, of_the_state
from pehra.mandate.queries.standing import grounds_for
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import bundles, ladder, queries, rules
from pehra.notices.actions import rounds
from pehra.notices.models import Answer, Approval, Call, Climbed, Escalation, Named, Notice, Party
from pehra.notices.rules import Rung, Said
from pehra.registry.actions.contacts import record_health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.notices.actions.rounds import Scene
    from pehra.notices.ladder import Clocks

_REMEMBERED = timedelta(days=180)
_CHUNK = 2_000


class Climb(msgspec.Struct):
    """What a look at the ladder came to, as counts."""

    silent: int = 0
    reminded: int = 0
    """Mailboxes of a round that was planned; null rounds have none."""
    escalated: int = 0
    ended: int = 0


def climb(scene: Scene, *, actor: Actor, progress: Callable[[int, int], None]) -> Climb:
    """Note who is silent, and take every step that is due."""
    done = Climb()
    if not scene.sending:
        return done
    rows = findings.unanswered(least=int(ladder.LEAST), progress=progress)
    if scene.only is not None:
        rows = rows.filter(pl.col("organisation").is_in(scene.only))
    with as_system():
        clocks = _clocks(rows, scene)
        done.silent = _note_silence(rows, clocks, scene, actor)
        whole = ladder.Standing(_without_comments(rows), _climbed(rows)).whole()
        due = ladder.due(whole, clocks, _top(scene), micros(scene.now))
        _take_steps(whole, due, scene, actor, done)
        done.reminded = _remind(due.filter(pl.col("step") == Rung.CISO), scene, actor)
    return done


def _clocks(rows: pl.DataFrame, scene: Scene) -> Clocks:
    written = Party.objects.order_by().values_list("organisation_id", flat=True).distinct()
    holders = {*rows["organisation"].to_list(), *written}
    sectors = mandate.sectors_of(None)
    return ladder.clocks_of(holders, mandate.clocks(), sectors, scene.now.date())


def _top(scene: Scene) -> frozenset[int]:
    """Whose ladder goes on beyond the lead team."""
    lawful = grounds_for("disclosure", scene.now.date())
    return critical_infrastructure() | of_the_state() if lawful else frozenset()


def _climbed(rows: pl.DataFrame) -> pl.DataFrame:
    found = []
    if rows.height:
        known = Climbed.objects.filter(finding__gte=rows["id"].min())
        found = [
            (number, rung, micros(at))
            for number, rung, at in known.values_list("finding_id", "rung", "at")
        ]
    return pl.DataFrame(found, schema=ladder.CLIMBED, orient="row")


def _without_comments(rows: pl.DataFrame) -> pl.DataFrame:
    """Without findings of notices to which somebody wrote back: a comment changes no state."""
    real = Answer.objects.filter(said=Said.COMMENT, notice__round__exercise=False)
    told = real.values("notice")
    named = Named.objects.filter(notice__in=told)
    pairs = list(named.values_list("finding_id", "notice__answered_at"))
    schema = {"id": pl.Int64, "answered": pl.Int64}
    answered = (
        pl.DataFrame(
            [(number, micros(at)) for number, at in pairs if at is not None],
            schema=schema,
            orient="row",
        )
        .group_by("id")
        .agg(pl.col("answered").max())
    )
    joined = rows.join(answered, on="id", how="left", maintain_order="left")
    stands = pl.col("answered").is_null() | (pl.col("answered") < pl.col("notified_at"))
    return joined.filter(stands).drop("answered")


def _note_silence(rows: pl.DataFrame, clocks: Clocks, scene: Scene, actor: Actor) -> int:
    """Count it against a contact once for each notice that it let pass; returns how many."""
    late = _late(clocks, scene)
    standing = rows.filter(pl.col("severity") >= int(Severity.HIGH)).select(finding="id")
    numbers, silent = list(late), list[int]()
    for start in range(0, len(numbers), _CHUNK):
        some = Named.objects.filter(notice__in=numbers[start : start + _CHUNK])
        pairs = list(some.values_list("notice_id", "finding_id"))
        named = pl.DataFrame(pairs, schema={"notice": pl.Int64, "finding": pl.Int64}, orient="row")
        stands = named.join(standing, on="finding", how="semi")["notice"].unique().sort()
        silent += [late[notice] for notice in stands.to_list()]
    with transaction.atomic():
        for start in range(0, len(numbers), _CHUNK):
            Notice.objects.filter(pk__in=numbers[start : start + _CHUNK]).update(
                silent_at=scene.now
            )
        if silent:
            record_health([(one, "silent") for one in silent], actor=actor, now=scene.now)
    return len(silent)


def _late(clocks: Clocks, scene: Scene) -> dict[int, int]:
    """Notices whose time to be answered is over, with their contacts; only those that left."""
    waiting = Notice.objects.filter(
        state=Notice.State.RELEASED,
        answered_at__isnull=True,
        silent_at__isnull=True,
        severity__gte=int(Severity.HIGH),
        released_at__gte=scene.now - _REMEMBERED,
        round__exercise=False,
    )
    found = list(waiting.values("pk", "contact", "severity", "released_at", "envelope"))
    left = sent_among([one["envelope"] for one in found if one["envelope"]], viewer=SYSTEM_VIEWER)
    of = dict(Party.objects.filter(notice__in=waiting).order_by("-severity", "pk").values_list(
        "notice_id", "organisation_id"
    ))  # fmt: skip
    late: dict[int, int] = {}
    for one in found:
        hours = clocks.answer(of.get(one["pk"], 0), one["severity"])
        since = one["released_at"] or scene.now
        if one["envelope"] in left and hours and scene.now - since >= timedelta(hours=hours):
            late[one["pk"]] = one["contact"]
    return late


def _take_steps(
    whole: pl.DataFrame, due: pl.DataFrame, scene: Scene, actor: Actor, done: Climb
) -> None:
    """Steps that a person takes."""
    higher = due.filter(pl.col("step") >= Rung.TEAM)
    lawful = grounds_for("disclosure", scene.now.date())
    with transaction.atomic():
        done.ended = _end(whole, scene.now)
        for row in ladder.by_holder(higher, "step").to_dicts():
            facts = {"team_id": row["team"], "severity": row["severity"]}
            beyond = row["step"] > Rung.TEAM
            made, new = Escalation.objects.get_or_create(
                organisation_id=row["organisation"],
                rung=row["step"],
                done_at=None,
                defaults={
                    **facts,
                    "findings": row["findings"],
                    "opened_at": scene.now,
                    "ground": lawful[0] if beyond and lawful else "",
                },
            )
            if not new:
                made.findings += row["findings"]
                made.severity = max(made.severity, row["severity"])
                made.save(update_fields=["findings", "severity"])
            done.escalated += 1
        if done.escalated or done.ended:
            ledger.append(
                "notices.climb",
                actor=actor,
                subject="ladder",
                facts={
                    "escalated": done.escalated,
                    "findings": higher.height,
                    "ended": done.ended,
                },
                now=scene.now,
            )
    # In short transactions: cut short, the rest is due again, and `_end` counts the steps anew.
    _mark(higher, scene.now)


def _end(whole: pl.DataFrame, now: datetime) -> int:
    """Close steps and calls behind which nothing stands unanswered any more."""
    ended = 0
    climbed = whole.filter(pl.col("rung") > 0)
    left: Counter[tuple[int, int]] = Counter()
    for row in ladder.by_holder(climbed, "rung").to_dicts():
        for rung in range(1, row["rung"] + 1):
            left[row["organisation"], rung] += row["findings"]
    words: dict[str, Any] = {"done_at": now, "done_by": "pehra", "outcome": "answered, or ended"}
    for step in Escalation.objects.filter(done_at__isnull=True):
        stands = left[step.organisation_id, step.rung]
        changes = words if not stands else {"findings": stands}
        Escalation.objects.filter(pk=step.pk).update(**changes)
        ended += not stands
    for call in Call.objects.filter(done_at__isnull=True, why="no-answer"):
        if (call.organisation_id, int(Rung.CISO)) not in left:
            ended += Call.objects.filter(pk=call.pk).update(**words)
    return ended


def _mark(rows: pl.DataFrame, now: datetime) -> None:
    """How far each was told; a million at a time are but two columns."""
    at = connection.ops.adapt_datetimefield_value(now)
    columns = ("finding_id", "rung", "at")
    for some in rows.select("id", "step").iter_slices(_CHUNK):
        told = [(finding, step, at) for finding, step in some.iter_rows()]
        with transaction.atomic(), connection.cursor() as cursor:
            Climbed.objects.filter(finding__in=some["id"].to_list()).delete()
            bulk.insert(cursor.cursor, Climbed._meta.db_table, columns, told)


def _remind(rows: pl.DataFrame, scene: Scene, actor: Actor) -> int:
    """Plan a round to a mailbox that was never told, and have critical infrastructure called."""
    waits = queries.standing_round(urgent=False, rung=Rung.CISO) is not None
    if rows.is_empty() or waits:
        return 0
    holders = rows["organisation"].unique().to_list()
    choices = _choices(holders, scene.now)
    allowed = findings.source_bits(queries.approved(Approval.Kind.SOURCE))
    found = bundles.reminders(rows, bundles.chosen_ones(choices), allowed, int(Rung.CISO))
    number = rounds.write(found, scene, urgent=False) if found.notices.height else None
    inside = critical_infrastructure()
    with transaction.atomic():
        if number is not None:
            rounds.close(number, found, scene, urgent=False, actor=actor)
        _call(rows.filter(pl.col("organisation").is_in(inside)), scene.now)
        _mark(rows, scene.now)
    return found.notices.height


def _choices(holders: Iterable[int], now: datetime) -> dict[int, rules.Choice]:
    told: dict[int, set[str]] = {}
    before = Party.objects.filter(
        organisation__in=list(holders),
        notice__state=Notice.State.RELEASED,
        notice__planned_at__gte=now - _REMEMBERED,
        notice__round__exercise=False,
    )
    for organisation, mailbox in before.values_list(
        "organisation_id", "notice__mailbox"
    ).distinct():
        told.setdefault(organisation, set()).add(mailbox)
    by_holder: dict[int, list[rules.Contact]] = {}
    for contact in queries.contacts_at(holders, now=now):
        by_holder.setdefault(contact.organisation or 0, []).append(contact)
    chosen = {
        organisation: rules.choose_next(contacts, frozenset(told.get(organisation, ())))
        for organisation, contacts in by_holder.items()
    }
    return {organisation: choice for organisation, choice in chosen.items() if choice is not None}


def _call(rows: pl.DataFrame, now: datetime) -> None:
    """Calls are for critical infrastructure only (rules, decision 1.5)."""
    for row in ladder.by_holder(rows).to_dicts():
        facts = {"team_id": row["team"], "findings": row["findings"], "severity": row["severity"]}
        Call.objects.update_or_create(
            organisation_id=row["organisation"],
            why="no-answer",
            done_at=None,
            defaults=facts,
            create_defaults={**facts, "opened_at": now},
        )


def done(word: str, number: int, outcome: str, *, actor: Actor, now: datetime) -> None:
    """A person has telephoned (`call`), or has taken a step of the ladder (`step`).

    Raises:
        UsageError: there is no such task, or nothing is said of how it went.
        Refused: it was done before.
    """
    kind: type[Call | Escalation] = Call if word == "call" else Escalation
    told = " ".join(outcome.split())[:240]
    if not told:
        message = "Say how it went."
        raise UsageError(message, mend="Such as `spoke to the NOC, they close the port today`.")
    with as_system(), transaction.atomic():
        row = kind.objects.select_for_update().filter(pk=number).first()
        if row is None:
            message = f"There is no {word} {number}."
            raise UsageError(message, mend="`pehra notices calls` lists them.")
        if row.done_at is not None:
            message = f"The {word} {number} was done by {row.done_by}."
            raise Refused(message, mend="`pehra notices calls` lists those that are open.")
        row.done_at, row.done_by, row.outcome = now, actor.name[:160], told
        row.save(update_fields=["done_at", "done_by", "outcome"])
        ledger.append(
            f"notices.{word}-done",
            actor=actor,
            subject=f"{word}:{number}",
            facts={"organisation": row.organisation_id},
            now=now,
        )
