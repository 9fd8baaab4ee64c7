"""Pack what a request was narrowed to, sign it twice, and hand it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra import __version__
from pehra.cases.evidence import manifest as manifests
from pehra.cases.evidence import package as packages
from pehra.cases.evidence.actions.custody import Doing, locked, write
from pehra.cases.evidence.actions.hands import Answered, Held, Turn, held, stepped
from pehra.cases.evidence.actions.requests import entered
from pehra.cases.evidence.rules import CARRY, HANDED, Act, ItemState, State, check_words
from pehra.cases.evidence.signing import evidence_key
from pehra.cases.evidence.stamp import stamped
from pehra.cases.models.evidence import CustodyLine, HandOver, HandOverItem, HandOverPackage
from pehra.engines.vault import files as vault
from pehra.kernel import settings
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import iso
from pehra.ledger.actions import append, checkpoint
from pehra.ledger.keys import signing_key
from pehra.ledger.queries import prove_inclusion
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pehra.cases.models.evidence import EvidenceItem
    from pehra.kernel.settings import Home


def pack(home: Home, number: int, turn: Turn) -> Answered:
    """Make and sign the manifest of a package; the items stay sealed until it is handed over.

    Raises: as `requests.advance`.
    """
    key, log = evidence_key(home), str(signing_key(home).verifier)
    turn = _checked(turn)
    hand, now = turn.hand, turn.now
    with as_system(), transaction.atomic():
        row, able = entered(number, State.PACKAGE, hand, now)
        items = _items(row, able, now)
        chains = [_chain(item) for item in items]
        carried = manifests.carried(
            key.public_pem, key.fingerprint, [line.text for chain in chains for line in chain]
        )
        told = manifests.Manifest(
            made_at=iso(now),
            made_by=able.actor.name,
            office=able.actor.office,
            tool=f"pehra {__version__}",
            log=log,
            key=key.fingerprint,
            asked=_asked(row),
            items=tuple(
                _packed(place, item, chain[-1].digest)
                for place, (item, chain) in enumerate(zip(items, chains, strict=True), start=1)
            ),
            files=tuple(manifests.packed(path, data) for path, data in sorted(carried.items())),
            left_out=_left_out(row),
        )
        stepped(row, State.PACKAGE, able, turn)
        entry = append(
            _ACT_OF_PACKAGE,
            actor=able.actor,
            subject=f"hand-over:{row.pk}",
            facts={"manifest": told.sha256, "items": len(items)},
            now=now,
        )
        HandOverPackage.objects.update_or_create(
            request=row,
            defaults={
                "manifest": told.text,
                "signature": key.sign(told.text.encode()),
                "custody": carried[manifests.CUSTODY].decode(),
                "stamp": b"",
                "stamped_at": None,
                "entry": entry,
                "second_entry": None,
            },
        )
    return Answered(row.pk, row.state)


def _checked(turn: Turn) -> Turn:
    words = check_words(turn.text, "What is said of the step")
    return msgspec.structs.replace(turn, text=words)


_ACT_OF_PACKAGE = "cases.evidence-package"
_ACT_OF_SECOND = "cases.evidence-second-sign"


def _items(row: HandOver, able: Held, now: datetime) -> list[EvidenceItem]:
    """The items that go out, each with a line of custody that says so."""
    chosen = HandOverItem.objects.filter(request=row, left_out=False).order_by("item")
    items = []
    for number in chosen.values_list("item", flat=True):
        item = locked(number or 0)
        if item.state != ItemState.KEPT:
            message = f"Evidence {item.pk} is {item.state}."
            raise Refused(message, mend="Narrow the request to what is kept.")
        facts = {"request": row.pk}
        purpose = f"{row.reference}, {row.law}"
        doing = Doing(act=Act.PACKED, actor=able.actor, at=now, purpose=purpose, facts=facts)
        write(item, doing, now=now)
        items.append(item)
    return items


def _chain(item: EvidenceItem) -> list[CustodyLine]:
    return list(CustodyLine.objects.filter(item=item).order_by("seq"))


def _packed(place: int, item: EvidenceItem, custody: str) -> manifests.PackedItem:
    same = ("name", "size", "sha256", "sha512", "tool", "tool_version", "clock_offset_seconds",
            "source", "collector", "order")  # fmt: skip
    return manifests.PackedItem(
        item=item.pk,
        path=f"items/{place:04}.bin",
        acquired_at=iso(item.acquired_at),
        custody=custody,
        derived_from=item.derived_from_id,
        **{name: getattr(item, name) for name in same},
    )


def _asked(row: HandOver) -> manifests.Asked:
    same = ("kind", "reference", "scope", "narrowed_to", "ground", "law", "ordered_by")
    return manifests.Asked(
        request=row.pk,
        case=row.case_id,
        agency=row.agency.slug,
        agency_name=row.agency.name,
        **{name: getattr(row, name) for name in same},
    )


def _left_out(row: HandOver) -> tuple[manifests.LeftOut, ...]:
    rows = HandOverItem.objects.filter(request=row, left_out=True).order_by("pk")
    return tuple(
        manifests.LeftOut(f"item {one.item_id}" if one.item_id else one.what, one.why)
        for one in rows
    )


def second_sign(home: Home, number: int, turn: Turn) -> Answered:
    """Turn the second key: another person stands for the package, and its time is stamped.

    Raises: as `requests.advance`; and `EnvironmentFault` where the time cannot be stamped.
    """
    turn = _checked(turn)
    hand, now = turn.hand, turn.now
    with as_system(), transaction.atomic():
        entered(number, State.SECOND_SIGN, hand, now)  # nobody is asked for the time in vain
        made = HandOverPackage.objects.get(request=number)
    known = settings.load(home)
    stamp = stamped(made.manifest.encode(), known.evidence, loopback=known.fetch.loopback)
    with as_system(), transaction.atomic():
        row, able = entered(number, State.SECOND_SIGN, hand, now)
        made = HandOverPackage.objects.select_for_update(of=("self",)).get(request=row)
        stepped(row, State.SECOND_SIGN, able, turn)
        made.second_entry = append(
            _ACT_OF_SECOND,
            actor=able.actor,
            subject=f"hand-over:{row.pk}",
            facts={"manifest": manifests.read(made.manifest).sha256},
            now=now,
        )
        if stamp is not None:
            made.stamp, made.stamped_at = stamp.response, stamp.at
        made.save()
    return Answered(row.pk, row.state)


class Delivered(msgspec.Struct, frozen=True):
    """A package that was written."""

    request: int
    file: str
    sha256: str
    size: int
    manifest_sha256: str
    key: str
    stamped: bool


def deliver(home: Home, number: int, target: Path, turn: Turn) -> Delivered:
    """Write the package into a file and say that it is handed over; both, or neither.

    Raises: as `requests.advance`; and `EnvironmentFault` where it cannot be written.
    """
    turn = _checked(turn)
    hand, now = turn.hand, turn.now
    with as_system(), transaction.atomic():
        entered(number, State.DELIVERED, hand, now)
    digest, size = packages.write(target, _entries(home, number, now))
    try:
        made = _say_delivered(number, turn)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    told = manifests.read(made.manifest)
    return Delivered(number, str(target), digest, size, told.sha256, told.key, bool(made.stamp))


@as_system()
@transaction.atomic
def _say_delivered(number: int, turn: Turn) -> HandOverPackage:
    hand, now = turn.hand, turn.now
    row, able = entered(number, State.DELIVERED, hand, now)
    made = HandOverPackage.objects.get(request=row)
    facts = {"request": row.pk, "manifest": manifests.read(made.manifest).sha256}
    chosen = HandOverItem.objects.filter(request=row, left_out=False).order_by("item")
    for item in chosen.values_list("item", flat=True):
        doing = Doing(
            act=Act.HANDED_OVER, actor=able.actor, at=now, purpose=row.reference, facts=facts
        )
        write(locked(item or 0), doing, now=now)
    stepped(row, State.DELIVERED, able, turn)
    return made


def copy_out(home: Home, number: int, turn: Turn) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Say that a package is handed over, or was and is taken out once more, and give its files.

    For a door that writes them as it sends them. A copy after the first is a line of custody.

    Raises: as `requests.advance`.
    """
    turn = _checked(turn)
    hand, now = turn.hand, turn.now
    with as_system(), transaction.atomic():
        row = HandOver.objects.filter(pk=number).first()
        again = row is not None and row.state in HANDED and row.state != State.DESTROYED
        if again and row is not None:
            able = held(hand, (CARRY,), now)
            for item in HandOverItem.objects.filter(request=row, left_out=False).order_by("item"):
                facts = {"request": row.pk, "again": True}
                doing = Doing(act=Act.HANDED_OVER, actor=able.actor, at=now, purpose=turn.text,
                              facts=facts)  # fmt: skip
                write(locked(item.item_id or 0), doing, now=now)
    files = _entries(home, number, now)
    if not again:
        _say_delivered(number, turn)
    return files


def _entries(home: Home, number: int, now: datetime) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Files of a package that was signed twice, proofs of the ledger among them."""
    with as_system():
        made = HandOverPackage.objects.filter(request=number).first()
        if made is None or made.second_entry is None:
            message = f"The package of request {number} lacks its second signature."
            raise Refused(message, mend="The director signs it first.")
        told = manifests.read(made.manifest)
        chosen = HandOverItem.objects.filter(request=number, left_out=False)
        stored = dict(chosen.values_list("item", "item__storage"))
    key, ledger = evidence_key(home), signing_key(home)
    if key.fingerprint != told.key:
        message = "The key of evidence is another one than when this package was signed."
        raise UsageError(message, mend="Bring `keys/evidence.key` back, or pack it anew.")
    checkpoint(ledger, now=now)
    proofs = {
        path: msgspec.json.encode(prove_inclusion(entry, ledger.verifier))
        for path, entry in (
            (manifests.PACKAGE_PROOF, made.entry),
            (manifests.SECOND_PROOF, made.second_entry),
        )
    }
    sizes = {item.item: item.size for item in told.items}
    parts = packages.Parts(
        manifest=made.manifest,
        signature=bytes(made.signature),
        stamp=bytes(made.stamp),
        carried=manifests.carried(key.public_pem, key.fingerprint, made.custody.split("\n")[:-1]),
        proofs=proofs,
    )
    return packages.entries(parts, lambda item: vault.opened(home, stored[item], sizes[item]))
