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

READY: dict[str, tuple[StrPromise, StrPromise, str]] = {
    "relay": (
        _("Relay of mail"),
        _("Set the relay and the sender in the settings of the home."),
        "",
    ),
    "password": (
        _("Password at the relay"),
        _("Put it into the file of keys that only the service may read."),
        "",
    ),
    "signing": (
        _("Key that signs mail"),
        _("Without it nobody can tell our mail from a forged one."),
        "",
    ),
    "address": (
        _("Address of the site for links"),
        _("Links in messages begin with it; it must be HTTPS."),
        "",
    ),
    "two": (
        _("Two persons who decide"),
        _("One proposes that sending goes live, another confirms."),
        "offices",
    ),
    "factors": (
        _("Second factors of staff"),
        _("They are asked to set one up when they next sign in."),
        "offices",
    ),
    "contacts": (
        _("Organisations with a contact"),
        _("Who has none gets no message, and somebody must call."),
        "organisations",
    ),
    "approvals": (
        _("Sources and templates approved by two"),
        _("Each is looked at once by two persons before it is used."),
        "notices",
    ),
    "holidays": (
        _("Holidays of this year and the next"),
        _("Days that the moon decides are added once they are notified."),
        "structure",
    ),
    "live": (
        _("Sending is live"),
        _("Look at previews and a pilot first."),
        "sending",
    ),
}
"""What must be set up before sending goes live, what to do about it, and the page where."""
