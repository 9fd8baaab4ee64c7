"""Pack what a request was narrowed to, sign it twice, and hand it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from pehra import __version__
from pehra.cases.evidence import custody
from pehra.cases.evidence import manifest as manifests
from pehra.cases.evidence import package as packages
from pehra.cases.evidence.actions.custody import Doing, locked, otherwise, write
from pehra.cases.evidence.actions.hands import (
    Answered,
    Hand,
    Held,
    Turn,
    basis,
    held,
    place_of,
    stepped,
    written,
)
from pehra.cases.evidence.actions.requests import entered, items_of, request_of, taken
from pehra.cases.evidence.rules import (
    CARRY,
    HANDED,
    Act,
    ItemState,
    State,
    Step,
    check_lawful,
    check_paper,
    check_part,
    check_words,
)
from pehra.cases.evidence.signing import evidence_key
from pehra.cases.evidence.stamp import stamped
from pehra.cases.models.evidence import CustodyLine, HandOver, HandOverItem, HandOverPackage
from pehra.engines.vault import files as vault
from pehra.kernel import settings
from pehra.kernel.errors import Damaged, Refused, UsageError
from pehra.kernel.time import iso
from pehra.ledger.actions import checkpoint
from pehra.ledger.keys import signing_key
from pehra.ledger.queries import prove_inclusion
from pehra.mandate.queries.powers import grounds
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
        _check_choices(row)
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
        entry = stepped(row, State.PACKAGE, able, turn, manifest=told.sha256, items=len(items))
        HandOverPackage.objects.update_or_create(
            request=row,
            defaults={
                "manifest": told.text,
                "signature": key.sign(told.text.encode()),
                "carried": {path: data.decode() for path, data in carried.items()},
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


def _check_choices(row: HandOver) -> None:
    """See that something is said of every item that the case has by now.

    Raises:
        Refused: another came in since the request was narrowed.
    """
    said = HandOverItem.objects.filter(request=row, item__isnull=False)
    silent = set(items_of(row.case_id)) - set(said.values_list("item", flat=True))
    if silent:
        listed = ", ".join(map(str, sorted(silent)))
        message = f"The evidence {listed} came in since this request was narrowed."
        raise Refused(message, mend="The legal officer narrows it anew.")


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
        changed = otherwise(item, custody.lines("\n".join(line.text for line in _chain(item))))
        if changed:
            message = f"Evidence {item.pk} came in with another {', '.join(changed)}."
            raise Damaged(message, mend="Compare with the ledger, and with a backup.")
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
        manifest = manifests.read(made.manifest).sha256
        made.second_entry = stepped(row, State.SECOND_SIGN, able, turn, manifest=manifest)
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
    """Say that the package is handed over, and write it into a file; or a further copy of it.

    It is compared as a whole first, so that what was altered is never said to be handed over. Then
    it is said, and only then the file is filled: where that breaks off, a copy is taken out.

    Raises: as `requests.advance`; and `EnvironmentFault` where it cannot be written.
    """
    turn = _checked(turn)
    _is_again(number, turn)
    digest, size = packages.write(target, _compared_and_said(home, number, turn))
    with as_system():
        made = HandOverPackage.objects.get(request=number)
    told = manifests.read(made.manifest)
    return Delivered(number, str(target), digest, size, told.sha256, told.key, bool(made.stamp))


def _compared_and_said(
    home: Home, number: int, turn: Turn
) -> Iterator[tuple[str, Iterable[bytes]]]:
    for _, pieces in _entries(home, number, turn.now):
        for _ in pieces:
            pass
    yield from copy_out(home, number, turn)


@as_system()
@transaction.atomic
def _say_delivered(number: int, turn: Turn) -> None:
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


def copy_out(home: Home, number: int, turn: Turn) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Say that a package is handed over, or was and is taken out once more, and give its files.

    For a door that writes them as it sends them. A copy after the first is a line of custody.

    Raises: as `requests.advance`.
    """
    turn = _checked(turn)
    again = _is_again(number, turn)
    files = _entries(home, number, turn.now)
    if again:
        _say_again(number, turn)
    else:
        _say_delivered(number, turn)
    return files


@as_system()
@transaction.atomic
def _is_again(number: int, turn: Turn) -> bool:
    """Whether a package left before; all rules of its leaving, or of a copy, are asked."""
    row = request_of(number)
    again = row.state in HANDED - {State.DESTROYED}
    if again:
        _entered_again(row, turn.hand, turn.now)
    else:
        entered(number, State.DELIVERED, turn.hand, turn.now)
    return again


def _entered_again(row: HandOver, hand: Hand, now: datetime) -> Held:
    """By which power a package that left is taken out once more; the same rules as before."""
    able = held(hand, (CARRY,), now, place_of(row.case_id))
    check_part(Step(State.DELIVERED, able.persons, able.role), taken(row))
    check_lawful(basis(row), grounds(), now.date())
    check_paper(row.paper_due, row.paper_at, now)
    return able


@as_system()
@transaction.atomic
def _say_again(number: int, turn: Turn) -> None:
    hand, now = turn.hand, turn.now
    row = request_of(number)
    able = _entered_again(row, hand, now)
    facts = {"request": row.pk, "again": True}
    for item in HandOverItem.objects.filter(request=row, left_out=False).order_by("item"):
        doing = Doing(act=Act.HANDED_OVER, actor=able.actor, at=now, purpose=turn.text, facts=facts)
        write(locked(item.item_id or 0), doing, now=now)
    written(row, State.DELIVERED, able, turn, again=1)


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
    carried = {path: text.encode() for path, text in made.carried.items()}
    manifests.check_carried(told, carried)
    ledger = signing_key(home)
    if str(ledger.verifier) != told.log:
        message = "The key of the ledger is another one than when this package was signed."
        raise UsageError(message, mend="Bring `keys/ledger.key` back, or pack it anew.")
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
        carried=carried,
        proofs=proofs,
    )
    return packages.entries(parts, lambda item: vault.opened(home, stored[item], sizes[item]))
