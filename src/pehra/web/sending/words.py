"""Every word that a page says about an envelope, a receipt or a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

STATE: dict[str, tuple[str, StrPromise]] = {
    "held": ("off", _("Held: not on the pilot's list")),
    "previewed": ("off", _("Previewed")),
    "waiting": ("wait", _("Waiting")),
    "sending": ("wait", _("On its way")),
    "uncertain": ("work", _("Uncertain")),
    "sent": ("done", _("Sent")),
    "refused": ("bad", _("Refused")),
    "failed": ("bad", _("Failed")),
    "bounced": ("bad", _("Bounced")),
}

MODE: dict[str, StrPromise] = {
    "preview": _("Off: letters are kept and shown"),
    "redirect": _("All mail goes to one mailbox"),
    "pilot": _("Only to organisations on a list"),
    "live": _("Live: letters leave"),
}

HEARD: dict[str, tuple[str, StrPromise]] = {
    "accepted": ("done", _("Taken by the relay")),
    "temporary": ("wait", _("Not now")),
    "permanent": ("bad", _("Not taken")),
    "broken": ("wait", _("The line broke before its end")),
    "unheard": ("work", _("The line broke at its end")),
    "bounced": ("bad", _("Given back")),
    "resolved": ("off", _("Settled by a person")),
    "pulled": ("done", _("Fetched")),
}

SEALED: dict[str, StrPromise] = {
    "": _("not encrypted"),
    "openpgp": _("encrypted by OpenPGP"),
    "smime": _("encrypted by S/MIME"),
    "pointer": _("without details"),
    "hmac": _("signed for the recipient's server"),
}

REFUSAL: dict[str, StrPromise] = {
    "no-channel": _("There is no such way to send."),
    "no-address": _("The address cannot be reached this way."),
    "no-key": _("It has no key by which it could be recognised."),
    "html": _("Its HTML runs, loads or hides something."),
    "attachment": _("A file beside it is not one file."),
    "exercise-compulsory": _("A drill compels nobody."),
    "stranger": _("The register does not know this recipient at this address."),
    "unverified": _("The address was never answered from, and the label asks for it."),
    "tlp-red": _("TLP:RED goes by mail to one named person."),
    "tlp-strict": _("TLP:AMBER+STRICT stays inside the organisation that it is about."),
    "tlp-amber": _("TLP:AMBER goes to those it is about, and to their lead team."),
    "tlp-green": _("TLP:GREEN goes to registered organisations and teams."),
    "pap-machine": _("What may only be done with care goes to no machine."),
    "pap-person": _("PAP:RED goes to one named person."),
    "no-ground": _("What compels needs a ground in law."),
    "ground": _("The ground in law is not in force, or not confirmed."),
    "tenancy": _("It has facts that the recipient may not see."),
}
"""Code of `pehra.dispatch.gates` -> why it does not leave."""
