"""Write a line of custody: the only way in which anything is done with an item."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.cases.actions.timeline import digest_of
from pehra.cases.evidence.custody import FIRST, Line
from pehra.cases.evidence.rules import Act, check_moment
from pehra.cases.models.evidence import CustodyLine, EvidenceItem
from pehra.kernel.actors import Actor  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.kernel.errors import UsageError
from pehra.kernel.time import iso
from pehra.ledger.actions import append

if TYPE_CHECKING:
    from collections.abc import Iterable


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with an item.

    Attributes:
        act: see there.
        actor: who does it, in which office.
        at: when.
        purpose: what for.
        facts: numbers, digests and short words.
    """

    act: Act
    actor: Actor
    at: datetime
    purpose: str = ""
    facts: dict[str, Any] = msgspec.field(default_factory=dict)


_STATED = ("name", "size", "source", "collector", "clock_offset_seconds", "order", "tool",
           "tool_version", "harmful", "tlp")  # fmt: skip


def begun_facts(row: EvidenceItem) -> dict[str, Any]:
    """What the first line of an item's custody says of it; of the remark, its digest."""
    return {
        **{name: getattr(row, name) for name in _STATED},
        "case": row.case_id,
        "acquired_at": iso(row.acquired_at),
        "derived_from": row.derived_from_id,
        "note": digest_of(row.note) if row.note else "",
    }


def taken_facts(row: EvidenceItem) -> dict[str, Any]:
    """What the line says by which an item was kept."""
    return {"size": row.size, "sha256": row.sha256, "sha512": row.sha512}


def otherwise(row: EvidenceItem, lines: Iterable[Line]) -> list[str]:
    """What is said of an item now otherwise than when it came in; names of facts."""
    told: dict[str, dict[str, Any]] = {Act.BEGUN: {}, Act.TAKEN_IN: {}}
    for line in lines:
        if line.act in told and not told[line.act]:
            told[line.act] = line.facts
    pairs = ((told[Act.BEGUN], begun_facts(row)), (told[Act.TAKEN_IN], taken_facts(row)))
    return sorted({
        name for was, now in pairs for name in {*was, *now}
        if name not in was or name not in now or was[name] != now[name]
    })  # fmt: skip


def locked(number: int) -> EvidenceItem:
    """An item's row, locked until the transaction ends.

    Raises:
        UsageError: there is none that the open scope may see.
    """
    row = EvidenceItem.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if row is None:
        message = f"There is no evidence {number}."
        raise UsageError(message, mend="`pehra cases evidence list` names what there is.")
    return row


def write(item: EvidenceItem, doing: Doing, *, now: datetime) -> CustodyLine:
    """Add a line to the custody of an item that is locked, and its digest to the ledger.

    Raises:
        Refused: it would be back-dated, or dated ahead.
    """
    last = CustodyLine.objects.filter(item=item).order_by("-seq").first()
    check_moment(doing.at, last.at if last else None, now)
    line = Line(
        item=item.pk,
        seq=last.seq + 1 if last else 0,
        at=iso(doing.at),
        act=doing.act.value,
        by=doing.actor.name,
        office=doing.actor.office,
        purpose=doing.purpose,
        facts=doing.facts,
        previous=last.digest if last else FIRST,
    )
    entry = append(
        f"cases.evidence-{doing.act.value}",
        actor=doing.actor,
        subject=f"evidence:{item.pk}",
        facts={"case": item.case_id, "line": line.seq, "digest": line.digest},
        now=now,
    )
    return CustodyLine.objects.create(
        item=item,
        seq=line.seq,
        act=line.act,
        at=doing.at,
        text=line.text,
        digest=line.digest,
        entry=entry,
    )
