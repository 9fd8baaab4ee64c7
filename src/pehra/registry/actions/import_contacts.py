"""Contacts of a register: new ones are added, known ones filled, and changed only where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.registry.models import Contact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pehra.kernel.actors import Actor
    from pehra.registry.register import StatedContact

_BATCH = 2000
_PLAIN = ("name", "language", "automatic", "active", "business_days", "intervals")


def _stated(stated: StatedContact) -> dict[str, Any]:
    """Columns that the register speaks of."""
    found = {name: getattr(stated, name) for name in _PLAIN}
    found["inhibits"] = list(stated.inhibits) if stated.inhibits is not None else None
    found["quiet_from"], found["quiet_to"] = stated.quiet or (None, None)
    return {name: value for name, value in found.items() if value is not None}


def take_contacts(
    stated: Iterable[StatedContact],
    ids: Mapping[str, int],
    actor: Actor,
    say: Callable[[int, str, str, str], None],
    *,
    overwrite: bool,
) -> int:
    """Write what a register says of contacts; gives how many rows it added or changed.

    Args:
        stated: contacts, each once.
        ids: slug -> organisation; one that is not among them is reported by `say`.
        actor: who imports.
        say: takes line, outcome, subject, detail.
        overwrite: also change what is known otherwise.
    """
    known = {
        (row.organisation_id, row.purpose, row.email, row.phone): row
        for row in Contact.objects.filter(organisation__in=set(ids.values()))
    }
    new: list[Contact] = []
    changed: dict[int, Contact] = {}
    for one in stated:
        holder = ids[one.organisation]
        key = (holder, one.purpose, one.email, one.phone)
        row = known.get(key)
        if row is None:
            facts = {**_stated(one), "source": f"register, {actor.name}"[:240]}
            row = Contact(
                organisation_id=holder, purpose=one.purpose, email=one.email, phone=one.phone,
                **facts,
            )  # fmt: skip
            known[key] = row
            new.append(row)
            say(one.row, "added", one.organisation, f"{one.purpose} contact")
        elif words := _fill(row, one, overwrite=overwrite):
            if row.pk and any(outcome == "changed" for outcome, _ in words):
                changed[row.pk] = row
            for outcome, detail in words:
                say(one.row, outcome, one.organisation, f"{one.purpose} contact: {detail}")
    Contact.objects.bulk_create(new, batch_size=_BATCH)
    columns = [*_PLAIN, "inhibits", "quiet_from", "quiet_to"]
    Contact.objects.bulk_update(changed.values(), columns, batch_size=_BATCH)
    return len(new) + len(changed)


def _usual(name: str) -> object:
    """What the column says where nobody said anything."""
    return getattr(Contact(), name)


def _fill(row: Contact, one: StatedContact, *, overwrite: bool) -> list[tuple[str, str]]:
    """Bring a row to what is stated; what stays otherwise is a conflict, in words."""
    words = []
    for name, value in _stated(one).items():
        there = getattr(row, name)
        if there == value:
            continue
        if overwrite or there == _usual(name):
            setattr(row, name, value)
            words.append(("changed", f"{name}: {there} -> {value}"))
        else:
            words.append(("conflict", f"{name} is `{there}` here and `{value}` in the file; kept"))
    return words
