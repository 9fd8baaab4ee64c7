"""Words of evidence and of requests for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.cases.evidence.rules import Act, ItemState, Kind, Order, State

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

ITEM: dict[str, tuple[StrPromise, str]] = {
    ItemState.COMING: (_("Comes in"), "wait"),
    ItemState.KEPT: (_("Kept"), "done"),
    ItemState.DESTROYED: (_("Destroyed"), "off"),
}
STATE: dict[str, tuple[StrPromise, str]] = {
    State.REQUEST: (_("Asked for"), "wait"),
    State.IDENTITY_CHECK: (_("Identity checked"), "work"),
    State.LEGALITY: (_("Before the legal officer"), "work"),
    State.CONSENT: (_("Its owner has consented"), "work"),
    State.REFUSED: (_("Refused"), "off"),
    State.NARROWED: (_("Lawful, and narrowed"), "work"),
    State.PRESERVE: (_("Preserved"), "work"),
    State.PACKAGE: (_("Packed, first key"), "work"),
    State.SECOND_SIGN: (_("Signed by the second key"), "work"),
    State.DELIVERED: (_("Handed over"), "done"),
    State.RECEIPT: (_("Receipt is here"), "done"),
    State.OUTCOME: (_("Outcome known"), "done"),
    State.RETAINED: (_("Kept until its day"), "done"),
    State.DESTROYED: (_("Destroyed"), "off"),
}
STEP: dict[str, StrPromise] = {
    State.IDENTITY_CHECK: _("The identity is checked"),
    State.LEGALITY: _("Take it before the law"),
    State.CONSENT: _("Consent: our data may be handed out"),
    State.REFUSED: _("Refuse it"),
    State.NARROWED: _("It is lawful: narrow it"),
    State.PRESERVE: _("Preserve the items"),
    State.PACKAGE: _("Pack and sign"),
    State.SECOND_SIGN: _("Turn the second key"),
    State.DELIVERED: _("Hand it over"),
    State.RECEIPT: _("The receipt is here"),
    State.OUTCOME: _("Write the outcome down"),
    State.RETAINED: _("Keep until its day"),
    State.DESTROYED: _("Their copy is destroyed"),
}
"""What a button says that takes the step."""
KIND: dict[str, StrPromise] = {
    Kind.PRESERVE: _("preserve it, hand nothing out"),
    Kind.MATERIAL: _("our own material about an incident"),
    Kind.TRAFFIC: _("traffic data"),
    Kind.CONTENT: _("content"),
    Kind.OWN: _("the victim's own data, with consent"),
}
ACT: dict[str, StrPromise] = {
    Act.BEGUN: _("Began to come in"),
    Act.TAKEN_IN: _("Taken in, digested, sealed"),
    Act.OPENED: _("Opened"),
    Act.VERIFIED: _("Read again and compared"),
    Act.HELD: _("Held"),
    Act.RELEASED: _("Hold lifted"),
    Act.PACKED: _("Packed"),
    Act.HANDED_OVER: _("Handed over"),
    Act.NOTED: _("Remark"),
    Act.DESTROYED: _("Destroyed"),
}
ORDER: dict[str, StrPromise] = {
    Order.REGISTERS: _("registers, cache"),
    Order.STATE: _("routes, processes, memory"),
    Order.TEMPORARY: _("temporary files"),
    Order.DISK: _("disk"),
    Order.REMOTE: _("remote logs"),
    Order.CONFIGURATION: _("configuration, topology"),
    Order.ARCHIVE: _("archive"),
}
COUNTED: dict[str, StrPromise] = {
    "refused": _("refused"),
    "handed-over": _("handed over"),
    "preserved": _("preserved"),
    "under-way": _("under way"),
    "own-data": _("those whose own data it is"),
    "none": _("none"),
}
