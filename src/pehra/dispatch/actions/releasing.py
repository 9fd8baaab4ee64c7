"""Release: the one act by which anything leaves. One call for many letters."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra.dispatch.gates import Refusal, judge
from pehra.dispatch.inside import Inside, packed, seal
from pehra.dispatch.letters import marked
from pehra.dispatch.models import Content, Envelope
from pehra.dispatch.queries import sending
from pehra.dispatch.queries.gates import known_of
from pehra.dispatch.rules import ANEW, Channel, State, course
from pehra.engines.sealed import ring as rings
from pehra.jobs.actions import enqueue
from pehra.kernel import settings
from pehra.kernel.labels import Pap, Tlp
from pehra.ledger.actions import append
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from datetime import datetime

    from pehra.dispatch.gates import Known
    from pehra.dispatch.rules import Outgoing, Sending
    from pehra.engines.sealed.ring import Key
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Mail

SEND, POST = "dispatch.send", "dispatch.post"
"""Jobs that send what waits: by mail, and to webhooks."""
_AT_ONCE = 2_000
_COLUMNS = (
    "state", "mode", "refusal", "digest", "next_at", "address", "organisation_id", "team_id",
    "contact", "person", "language", "tlp", "pap", "ground", "about", "exercise", "urgent",
    "released_at", "released_by",
)  # fmt: skip
"""What is written anew where a key that never left is released again."""


class Released(msgspec.Struct, frozen=True):
    """What became of one letter.

    Attributes:
        key: its own.
        envelope: id.
        state: `waiting`, `held`, `previewed` or `refused`; of one that had left before, as it is.
        refusal: why it does not leave; None where it may.
    """

    key: str
    envelope: int
    state: State
    refusal: Refusal | None = None


class _Case(msgspec.Struct, frozen=True):
    """What all letters of one release have in common."""

    known: Known
    sending: Sending
    key: Key
    domain: str
    actor: str
    now: datetime


def release(items: Sequence[Outgoing], *, actor: Actor, now: datetime) -> list[Released]:
    """Let letters leave, in the caller's transaction: kept, judged, and queued where they may.

    The same key twice is one letter: what waits, is on its way or has left stays as it is; what
    was refused, held or previewed is judged anew, for nothing of it left.

    Args:
        items: the letters.
        actor: who lets them.
        now: when.

    Returns:
        What became of each, in the same order.

    Raises:
        EnvironmentFault: the home's data key cannot be used.
    """
    if not items:
        return []
    home = settings.home_path()
    mail = settings.load(home).mail
    with transaction.atomic(), as_system():
        case = _Case(
            known=known_of(items, on=now.date(), viewer=SYSTEM_VIEWER),
            sending=sending(),
            key=rings.ring(home).current,
            domain=mail.sender.rpartition("@")[2] or "localhost",
            actor=actor.name,
            now=now,
        )
        unique = list({item.key[:128]: item for item in items}.values())
        found: dict[str, Released] = {}
        for start in range(0, len(unique), _AT_ONCE):
            found.update(_release(unique[start : start + _AT_ONCE], case))
        waits = {key for key, one in found.items() if one.state == State.WAITING}
        queue_lanes(mail, {item.channel for item in unique if item.key[:128] in waits}, now=now)
        _record(list(found.values()), actor, now)
    return [found[item.key[:128]] for item in items]


def _release(items: Sequence[Outgoing], case: _Case) -> dict[str, Released]:
    keys = [item.key[:128] for item in items]
    before = {row.key: row for row in Envelope.objects.select_for_update().filter(key__in=keys)}
    fresh, again, insides = [], [], {}
    refusals: dict[str, Refusal | None] = {}
    for item, key in zip(items, keys, strict=True):
        old = before.get(key)
        if old is not None and State(old.state) not in ANEW:
            continue
        refusals[key] = judge(item, case.known)
        row, insides[key] = _written(item, refusals[key], case)
        if old is None:
            fresh.append(row)
        else:
            for name in _COLUMNS:
                setattr(old, name, getattr(row, name))
            again.append(old)
    # Whoever was faster with a key has it: ours is then the second, and adds nothing.
    Envelope.objects.bulk_create(fresh, ignore_conflicts=True)
    Envelope.objects.bulk_update(again, _updated(), batch_size=200)
    there = dict(_rows(keys))
    tokens = {row.key: row.token for row in fresh}
    _put_inside(insides, {key: row for key, row in there.items() if row[2] == tokens.get(key)})
    Content.objects.filter(pk__in=[row.pk for row in again]).delete()
    _put_inside(insides, {row.key: there[row.key] for row in again})
    return {
        key: Released(key, number, State(state), refusals.get(key))
        for key, (number, state, _) in there.items()
    }


def _rows(keys: Sequence[str]) -> list[tuple[str, tuple[int, str, str]]]:
    rows = Envelope.objects.filter(key__in=keys).values_list("key", "pk", "state", "token")
    return [(key, (number, state, token)) for key, number, state, token in rows]


def _updated() -> list[str]:
    return [name.removesuffix("_id") for name in _COLUMNS]


def _put_inside(insides: dict[str, bytes], rows: dict[str, tuple[int, str, str]]) -> None:
    Content.objects.bulk_create(
        [Content(envelope_id=row[0], inside=insides[key]) for key, row in rows.items()],
        batch_size=500,
    )


def _written(item: Outgoing, refusal: Refusal | None, case: _Case) -> tuple[Envelope, bytes]:
    """The row of a letter and what lies inside, sealed."""
    to = item.recipient
    letter = marked(item.letter, Tlp(item.tlp), exercise=item.exercise)
    digest, small = packed(Inside(letter, item.openpgp, item.smime))
    state = course(case.sending.mode, case.sending, to, item.tlp).state
    token = secrets.token_hex(16)
    row = Envelope(
        key=item.key[:128],
        token=token,
        message_id=f"<{token}@{case.domain}>" if item.channel == Channel.MAIL else "",
        kind=item.kind[:32],
        reference=item.reference[:96],
        channel=item.channel[:8],
        organisation_id=to.organisation if _is_known(to.organisation, case) else None,
        team_id=to.team if to.team in case.known.teams else None,
        contact=to.contact,
        address=to.address[:500],
        person=to.person,
        language=to.language[:8],
        tlp=Tlp(item.tlp),
        pap=Pap(item.pap),
        ground=item.ground[:64],
        about=sorted(item.about),
        exercise=item.exercise,
        urgent=item.urgent,
        follows=item.follows[:128],
        digest=digest,
        state=State.REFUSED if refusal else state,
        mode=case.sending.mode,
        refusal=refusal.code if refusal else "",
        next_at=case.now if state == State.WAITING and not refusal else None,
        released_at=case.now,
        released_by=case.actor[:160],
    )
    return row, seal(small, case.key, row.key)


def _is_known(organisation: int | None, case: _Case) -> bool:
    return organisation in case.known.organisations


def queue_lanes(mail: Mail, channels: Container[str], *, now: datetime) -> None:
    """Queue what sends by these channels; a lane that waits is not queued twice."""
    for lane in range(max(1, mail.lanes) if Channel.MAIL in channels else 0):
        enqueue(SEND, {"lane": lane}, now=now, unique_key=f"lane-{lane}")
    if Channel.WEBHOOK in channels:
        enqueue(POST, {}, now=now, unique_key="hooks")


def _record(found: list[Released], actor: Actor, now: datetime) -> None:
    states = Counter(one.state.value for one in found)
    lines = "\n".join(sorted(f"{one.envelope} {one.state.value}" for one in found))
    numbers = [one.envelope for one in found]
    append(
        "dispatch.release",
        actor=actor,
        subject=f"envelopes:{min(numbers)}-{max(numbers)}",
        facts={
            **dict(sorted(states.items())),
            "envelopes": len(found),
            "digest": hashlib.sha256(lines.encode()).hexdigest(),
        },
        now=now,
    )
