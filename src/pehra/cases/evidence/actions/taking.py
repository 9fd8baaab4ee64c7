"""Take evidence in: at once, by a stream that may break off, or by pieces that come one by one.

Whatever comes in is sealed before anything is done with it, and what is durable is written down,
so that after a crash it goes on from there. A file is only kept when both digests are known.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable  # noqa: TC003 msgspec reads the annotation when it runs
from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

import msgspec
from django.db import transaction

from pehra.cases.actions.links import link
from pehra.cases.actions.timeline import locked as locked_case
from pehra.cases.evidence.actions.custody import Doing, begun_facts, locked, taken_facts, write
from pehra.cases.evidence.actions.keeping import upload_lock
from pehra.cases.evidence.rules import Act, ItemState, Order, check_name
from pehra.cases.models.evidence import EvidenceItem
from pehra.cases.rules import LinkKind
from pehra.engines.blobs import room
from pehra.engines.lake.lock import only_one
from pehra.engines.vault import files as vault
from pehra.engines.vault import pour as pouring
from pehra.engines.vault.pour import Poured  # noqa: TC001 msgspec reads the annotation when it runs
from pehra.kernel import settings
from pehra.kernel.errors import Damaged, Refused, UsageError
from pehra.kernel.labels import Tlp
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home


class New(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file before it comes in.

    Attributes:
        case: number of the case.
        name: of the file.
        size: in bytes.
        source: from what machine or medium it was collected.
        collector: who collected it.
        acquired_at: when, by the collector's clock.
        clock_offset_seconds: that clock less true time; null: nobody measured it.
        order: `rules.Order`.
        tool: with its version: by what it was acquired.
        harmful: believed to be malware.
        derived_from: number of the item of which it is a redacted or converted copy.
    """

    case: int
    name: str
    size: int
    source: str
    collector: str
    acquired_at: datetime
    clock_offset_seconds: float | None = None
    order: str = Order.DISK
    tool: str = ""
    tool_version: str = ""
    harmful: bool = False
    tlp: str = Tlp.AMBER_STRICT
    note: str = ""
    derived_from: int | None = None


def begin(home: Home, new: New, *, actor: Actor, now: datetime) -> int:
    """Write down that a file comes in; gives its number.

    Raises:
        UsageError: no such case or item, or something that is said cannot be.
        Refused: it is too large.
        EnvironmentFault: it would not fit on the disk.
    """
    known = settings.load(home)
    if new.size > known.evidence.largest_file:
        message = f"{new.size} bytes are over `evidence.largest_file`."
        raise Refused(message, mend="Raise the setting, or split the image and say so.")
    home.evidence.mkdir(mode=0o700, parents=True, exist_ok=True)
    room.check(home.evidence, new.size, known.intake.reserve_bytes)
    storage = secrets.token_hex(16)
    vault.begin(home, storage)
    try:
        return _written(new, storage, actor=actor, now=now)
    except BaseException:
        vault.remove(home, storage)
        raise


@as_system()
@transaction.atomic
def _written(new: New, storage: str, *, actor: Actor, now: datetime) -> int:
    case = locked_case(new.case)
    _check(new, now)
    told = msgspec.structs.asdict(new)
    told |= {"name": check_name(new.name), "case": case, "derived_from_id": new.derived_from}
    del told["derived_from"]
    row = EvidenceItem.objects.create(
        **told, storage=storage, added_at=now, added_by=actor.name[:254]
    )
    facts = begun_facts(row)
    write(row, Doing(act=Act.BEGUN, actor=actor, at=now, facts=facts), now=now)
    return row.pk


def _check(new: New, now: datetime) -> None:
    if new.order not in set(Order):
        message = f"`{new.order}` is no step of RFC 3227."
        raise UsageError(message, mend=f"Possible: {', '.join(Order)}.")
    if new.tlp not in set(Tlp):
        message = f"`{new.tlp}` is no label."
        raise UsageError(message, mend=f"Possible: {', '.join(Tlp)}.")
    if not new.source.strip() or not new.collector.strip():
        message = "Evidence names its source and who collected it."
        raise UsageError(message, mend="Say from which machine, and by whom.")
    if new.acquired_at > now:
        message = "The moment of acquisition is still to come."
        raise UsageError(message, mend="Give it in UTC, and the offset of the clock beside it.")
    if new.derived_from is not None:
        whole = EvidenceItem.objects.filter(pk=new.derived_from, case=new.case)
        if not whole.exists():
            message = f"Case {new.case} has no evidence {new.derived_from}."
            raise UsageError(message, mend="A copy belongs to the case of what it is a copy of.")


class Watch(msgspec.Struct, frozen=True):
    """Who looks on while a file comes in, which may take hours.

    Attributes:
        now: says the time, at its end.
        progress: is told of durable bytes, and of all.
    """

    now: Callable[[], datetime]
    progress: Callable[[int, int], None]


def take(home: Home, number: int, source: BinaryIO, *, actor: Actor, watch: Watch) -> Poured:
    """Take a whole stream in, from where an earlier try broke off; digests in the same pass.

    Args:
        home: where.
        number: of the item, from `begin`.
        source: from its beginning.
        actor: who.
        watch: see there.

    Raises:
        Refused: it is here already.
        Damaged: the stream is not of the size that was said, or not what began to come in.
        EnvironmentFault: no space.
    """
    row = _coming(number)
    if row.received == row.size or vault.whole(home, row.storage):  # it broke off at the very end
        brought = pouring.digests(pouring.pieces(source))
        return close(home, number, actor=actor, now=watch.now(), brought=brought)
    with only_one(upload_lock(home, row.storage)):
        at = vault.durable(home, row.storage, _coming(number).received)

        def note(durable: int) -> None:
            _check_size(durable, row.size, least=0)
            _mark(number, durable)
            watch.progress(durable, row.size)

        with vault.Writer(home, row.storage, at) as writer:
            kept = islice(vault.opened(home, row.storage, at), at // vault.PIECE)
            poured = pouring.pour(source, writer, kept, note)
        _finish(home, row, poured, actor=actor, now=watch.now())
    return poured


def put(home: Home, number: int, offset: int, stream: BinaryIO) -> int:
    """Take the next bytes of a file in; gives how many are durable now.

    Args:
        home: where.
        number: of the item, from `begin`.
        offset: of the first byte: as many as are durable.
        stream: whole pieces of `vault.PIECE` bytes, or up to the end of the file.

    Raises:
        Refused: it is here already, or this is not the place that comes next.
        UsageError: a part of a piece, or more than was said.
    """
    row = _coming(number)
    with only_one(upload_lock(home, row.storage)):
        row = _coming(number)
        whole = row.received == row.size
        at = row.size if whole else vault.durable(home, row.storage, row.received)
        if offset != at:
            message = f"{at} bytes of evidence {number} are durable, so {offset} is not next."
            raise Refused(message, mend=f"Send from {at} on.")
        if whole:
            return at
        with vault.Writer(home, row.storage, at) as writer:
            for piece in pouring.pieces(stream):
                at += len(piece)
                if at > row.size or (at < row.size and len(piece) != vault.PIECE):
                    message = f"Pieces are of {vault.PIECE} bytes, and {row.size} in all."
                    raise UsageError(message, mend="Cut the file at multiples of that.")
                writer.add(piece)
            writer.sync()
        _mark(number, at)
    return at


def close(
    home: Home, number: int, *, actor: Actor, now: datetime, brought: Poured | None = None
) -> Poured:
    """Digest a file that came by pieces, from its sealed form, and keep it.

    Args:
        home: where.
        number: of the item.
        actor: who.
        now: aware, UTC.
        brought: digests of the file that was given once more, where one was.

    Raises:
        Refused: it is not whole yet, or is kept already.
        Damaged: it is not what was sealed, or another file was given.
    """
    row = _coming(number)
    with only_one(upload_lock(home, row.storage)):
        row = _coming(number)
        if row.received != row.size and not vault.whole(home, row.storage):
            message = f"{row.received} of {row.size} bytes of evidence {number} are here."
            raise Refused(message, mend=f"Send from {row.received} on.")
        poured = pouring.digests(vault.opened(home, row.storage, row.size))
        if brought not in (None, poured):
            message = "What came in before is not this file."
            raise Damaged(message, mend="Give the same file, or add it as new evidence.")
        _finish(home, row, poured, actor=actor, now=now)
    return poured


class Sealed(msgspec.Struct, frozen=True):
    """A file that lies sealed in the vault and that no row names yet."""

    storage: str
    poured: Poured


def adopt(home: Home, new: New, sealed: Sealed, *, actor: Actor, now: datetime) -> int:
    """Keep a file that was sealed and digested while its form was read; gives its number.

    Raises: as `begin`; the file is then gone.
    """
    poured = sealed.poured
    try:
        fitting = msgspec.structs.replace(new, size=poured.size)
        with as_system(), transaction.atomic():  # killed, no row names it, and it is swept away
            number = _written(fitting, sealed.storage, actor=actor, now=now)
            _finish(home, _coming(number), poured, actor=actor, now=now)
    except (UsageError, Refused):
        vault.remove(home, sealed.storage)
        raise
    return number


@as_system()
def _coming(number: int) -> EvidenceItem:
    row = EvidenceItem.objects.filter(pk=number).first()
    if row is None:
        message = f"There is no evidence {number}."
        raise UsageError(message, mend="`pehra cases evidence list` names what there is.")
    _check_coming(row)
    return row


def _check_coming(row: EvidenceItem) -> None:
    if row.state != ItemState.COMING:
        message = f"Evidence {row.pk} is {row.state} already."
        raise Refused(message, mend="Kept evidence is never changed; add a file as a new item.")


@as_system()
def _mark(number: int, durable: int) -> None:
    EvidenceItem.objects.filter(pk=number).update(received=durable)


def _finish(home: Home, row: EvidenceItem, poured: Poured, *, actor: Actor, now: datetime) -> None:
    _check_size(poured.size, row.size, least=row.size)
    with as_system(), transaction.atomic():
        held = locked(row.pk)
        _check_coming(held)  # it may have been destroyed meanwhile
        vault.finish(home, held.storage)
        held.state, held.kept_at, held.received = ItemState.KEPT, now, poured.size
        held.sha256, held.sha512 = poured.sha256, poured.sha512
        held.save(update_fields=["state", "kept_at", "received", "sha256", "sha512"])
        link(held.case_id, LinkKind.EVIDENCE, held.pk, actor=actor, at=now)
        doing = Doing(act=Act.TAKEN_IN, actor=actor, at=now, facts=taken_facts(held))
        write(held, doing, now=now)


def _check_size(came: int, said: int, *, least: int) -> None:
    if not least <= came <= said:
        message = f"{came} bytes came, and {said} were said."
        raise Damaged(message, mend="Begin anew with the size of the file as it is.")


def sweep(home: Home, *, older_than: float) -> int:
    """Remove sealed files that no row names, or a destroyed one's; gives how many.

    Args:
        home: where.
        older_than: seconds since 1970: whoever wrote to one since is still at it.
    """
    with as_system():
        rows = EvidenceItem.objects.exclude(state=ItemState.DESTROYED)
        known = set(rows.values_list("storage", flat=True))
    return vault.sweep(home, known, older_than)
