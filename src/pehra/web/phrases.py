"""Every word that a page says about a state or a grade, in one place, so it is said one way.

The rooms below speak no language: they give codes, and this module gives the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from pehra.findings.rules import ASSIGN, Act, State
from pehra.kernel.labels import Severity

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SEVERITY: dict[Severity, StrPromise] = {
    Severity.CRITICAL: _("Critical"),
    Severity.HIGH: _("High"),
    Severity.MEDIUM: _("Medium"),
    Severity.LOW: _("Low"),
    Severity.INFO: _("Info"),
}
"""Shape and colour hang on the same word: diamond, square, half-round, circle, ring."""

STATE: dict[State, StrPromise] = {
    State.OPEN: _("Open"),
    State.NOTIFIED: _("Notified"),
    State.ACKNOWLEDGED: _("Acknowledged"),
    State.FIX_CLAIMED: _("Fix claimed"),
    State.GONE: _("Gone"),
    State.PASSED: _("Passed to the subscriber"),
    State.RELAPSED: _("Relapsed"),
    State.DISPUTED: _("Disputed"),
    State.EXCEPTION: _("Exception"),
    State.TRANSFERRED: _("Transferred"),
    State.WITHDRAWN: _("Withdrawn"),
}

STATE_TONE: dict[State, str] = {
    State.OPEN: "work",
    State.NOTIFIED: "wait",
    State.ACKNOWLEDGED: "wait",
    State.FIX_CLAIMED: "wait",
    State.GONE: "done",
    State.PASSED: "done",
    State.RELAPSED: "bad",
    State.DISPUTED: "work",
    State.EXCEPTION: "off",
    State.TRANSFERRED: "off",
    State.WITHDRAWN: "off",
}
"""How a badge looks: to be worked on, waiting, done, bad, out of the count."""

BULK: dict[str, StrPromise] = {
    Act.ACKNOWLEDGE: _("Acknowledge"),
    ASSIGN: _("Give to a colleague"),
    Act.CLAIM_FIX: _("Say that it is fixed"),
    Act.ACCEPT_RISK: _("Grant an exception"),
    Act.PASS_ON: _("Pass to the subscriber"),
    Act.WITHDRAW: _("Withdraw"),
}
"""What may be done to many findings at once: words of a button."""

LAST_DAY = _("The last day lies in the future, at most 90 days from now.")
"""What is said of a last day that an exception cannot have."""

BATCH_STATE: dict[str, tuple[str, StrPromise]] = {
    "received": ("wait", _("Received")),
    "reading": ("wait", _("Being read")),
    "stored": ("wait", _("Stored")),
    "applied": ("done", _("Taken in")),
    "failed": ("bad", _("Failed")),
}

JOB_STATE: dict[str, tuple[str, StrPromise]] = {
    "queued": ("off", _("Queued")),
    "running": ("wait", _("Running")),
    "done": ("done", _("Done")),
    "failed": ("bad", _("Failed")),
    "cancelled": ("off", _("Cancelled")),
}

TEAM_STATUS: dict[str, tuple[str, StrPromise]] = {
    "active": ("done", _("Active")),
    "defined": ("wait", _("Defined in rules")),
    "recommended": ("off", _("Recommended")),
    "planned": ("off", _("Planned")),
    "gap": ("bad", _("Gap")),
    "dissolved": ("off", _("Dissolved")),
}

TEAM_TIER: dict[str, StrPromise] = {
    "national": _("National"),
    "government": _("Government"),
    "cii": _("Critical infrastructure"),
    "sectoral": _("Sectoral"),
    "provincial": _("Provincial"),
    "organisational": _("Organisational"),
    "community": _("Community"),
}

STANDING: dict[str, tuple[str, StrPromise]] = {
    "confirmed": ("done", _("Confirmed")),
    "proposed": ("wait", _("Proposed")),
    "dissolved": ("off", _("Dissolved")),
}

CLAIM_SOURCE: dict[str, StrPromise] = {
    "manual": _("entered by hand"),
    "self": _("said by the holder"),
    "registry": _("address registry"),
    "observed": _("observed"),
}

CLAIM_USE: dict[str, StrPromise] = {
    "static": _("static"),
    "dynamic": _("dynamic pool"),
    "carrier-nat": _("carrier NAT"),
}

ASSET_KIND: dict[str, StrPromise] = {
    "prefix": _("Prefix"),
    "asn": _("ASN"),
    "domain": _("Domain"),
    "software": _("Software"),
}

WORK_KIND: dict[str, tuple[str, StrPromise]] = {
    "conflict": ("bad", _("Conflict")),
    "proposal": ("wait", _("Proposal")),
    "gap": ("work", _("Gap")),
}

CONTACT_PURPOSE: dict[str, StrPromise] = {
    "abuse": _("Abuse desk"),
    "technical": _("Technical"),
    "24x7": _("Around the clock"),
    "ciso": _("Security officer"),
    "head": _("Head"),
}

HOURS_BETWEEN: dict[Severity, StrPromise] = {
    Severity.CRITICAL: _("Hours between two mails, critical"),
    Severity.HIGH: _("Hours between two mails, high"),
    Severity.MEDIUM: _("Hours between two mails, medium"),
    Severity.LOW: _("Hours between two mails, low"),
}
"""An interval that a contact wishes for."""

CONTROL_METHOD: dict[str, StrPromise] = {
    "dns-txt": _("A record in DNS"),
    "https-file": _("A file on the web server"),
    "registry-mailbox": _("A mailbox that the registry names"),
    "letter": _("A signed letter"),
}
"""Ways by which control of an asset is proven."""

CONTROL_STATE: dict[str, tuple[str, StrPromise]] = {
    "asked": ("wait", _("Asked for")),
    "proved": ("done", _("Proven")),
    "lapsed": ("off", _("Lapsed")),
    "refused": ("bad", _("Refused")),
    "withdrawn": ("off", _("Taken back")),
}

APPLICATION_STATE: dict[str, tuple[str, StrPromise]] = {
    "asked": ("wait", _("Waits")),
    "accepted": ("work", _("Invited")),
    "declined": ("off", _("Declined")),
    "joined": ("done", _("Come in")),
}

KEY_KIND: dict[str, StrPromise] = {
    "openpgp": _("OpenPGP key"),
    "smime": _("S/MIME certificate"),
}

REJECT_REASON: dict[str, StrPromise] = {
    "fields": _("number of fields differs from the header"),
    "quote": _("quotation mark not closed"),
    "encoding": _("not UTF-8"),
    "time": _("time missing or not readable"),
    "address": _("not an IP address"),
    "port": _("not a port"),
    "json": _("not a JSON object"),
    "missing": _("a required value is missing"),
}


GAP: dict[str, StrPromise] = {
    "sector-without-team": _("no active team serves the sector"),
    "sector-without-regulator": _("no regulator is known"),
    "territory-without-team": _("no active team serves the territory"),
    "team-not-active": _("the team is not active"),
    "office-vacant": _("nobody holds the office"),
    "no-national-team": _("no national team"),
}
"""Kinds of `pehra.mandate.queries.Gap`."""

ACT: dict[str, StrPromise] = {
    "findings.open": _("Opened"),
    "findings.notify": _("Holder notified"),
    "findings.acknowledge": _("Acknowledged"),
    "findings.answer": _("Answered"),
    "findings.claim-fix": _("Holder says it is fixed"),
    "findings.dispute": _("Disputed"),
    "findings.except": _("Exception granted"),
    "findings.withdraw": _("Withdrawn"),
    "findings.transfer": _("Transferred to another holder"),
    "findings.verify": _("Verified"),
    "findings.relapse": _("Relapsed"),
    "findings.recheck": _("Looked at by ourselves"),
}
"""Acts on a finding, as the ledger names them."""

ALARM: dict[str, tuple[StrPromise, StrPromise, StrPromise]] = {
    "silent": (
        _("Silent"),
        _("Nothing came for much longer than usual."),
        _("Look whether its publisher still answers. Nothing is closed meanwhile."),
    ),
    "unreadable": (
        _("Unreadable"),
        _("Too little of its list could be read."),
        _("Open the file: the format may have changed. Nothing is closed meanwhile."),
    ),
    "empty": (
        _("Emptied"),
        _("Its list came without a single row."),
        _("Ask its publisher. What it listed stays listed until somebody accepts this list."),
    ),
    "shrunk": (
        _("Shrunk"),
        _("Its list has less than half of the rows that it had."),
        _("Ask its publisher. What it leaves out stays listed until somebody accepts this list."),
    ),
    "jumped": (
        _("Jumped"),
        _("Its list has more than twice the rows that it had."),
        _("Look at what was added before you accept this list."),
    ),
    "stuck": (
        _("Stuck"),
        _("It has sent the same bytes for weeks."),
        _("Ask its publisher whether the list is still kept."),
    ),
    "canary": (
        _("Lists a canary"),
        _("It names what is never bad as a whole: a public resolver, a root or an update server."),
        _("Accept this list only if what it names is truly meant."),
    ),
}
"""What an alarm of a source is called, what it means, what to do."""

ALARM_STATE: dict[str, tuple[str, StrPromise]] = {
    "open": ("bad", _("Not answered")),
    "acknowledged": ("wait", _("Somebody looks")),
}

ROLE: dict[str, StrPromise] = {
    "c2": _("servers that command malware"),
    "sinkhole": _("a sinkhole that infected machines call"),
    "honeypot": _("a trap that is attacked"),
    "scan": _("a scan for open services"),
    "blocklist": _("a block list"),
    "report": _("reports of others"),
}
"""What kind of witness a source is."""

COVERS: dict[str, StrPromise] = {
    "constituency": _("what it leaves out is gone, in all our networks"),
    "rows": _("what it leaves out is gone, in the networks that it names"),
    "nothing": _("nothing"),
}

SENDING: dict[str, StrPromise] = {
    "preview": _("Sending is off: what is planned is shown and goes to nobody."),
    "redirect": _("All messages go to one mailbox of ours, and to nobody else."),
    "pilot": _("Messages go only to the organisations of the pilot."),
    "live": _("Messages go out."),
}

ROUND_STATE: dict[str, tuple[str, StrPromise]] = {
    "preview": ("off", _("Preview")),
    "held": ("work", _("Waits for a decision")),
    "ready": ("wait", _("About to be sent")),
    "released": ("done", _("Sent")),
    "dropped": ("off", _("Dropped")),
}

HELD: dict[str, StrPromise] = {
    "template": _("Two persons must approve the words of messages first."),
    "routing": _("Two persons must approve how recipients are chosen first."),
    "first": _("It is the first of its kind."),
    "exercise": _("It is an exercise: somebody who did not begin it lets it go."),
    "more-recipients": _("It would go to over a quarter more mailboxes than usual."),
    "fewer-recipients": _("It would go to over a quarter fewer mailboxes than usual."),
    "more-findings": _("It names over a quarter more findings than usual."),
    "fewer-findings": _("It names over a quarter fewer findings than usual."),
}
"""Why a round waits; the first that applies."""

NOTICE_STATE: dict[str, tuple[str, StrPromise]] = {
    "planned": ("wait", _("Planned")),
    "released": ("wait", _("Sent")),
    "refused": ("bad", _("Not sent")),
    "answered": ("done", _("Answered")),
}

NOTICE_KIND: dict[str, StrPromise] = {
    "urgent": _("at once"),
    "digest": _("daily digest"),
    "weekly": _("weekly list"),
    "reminder": _("since nobody answered"),
}

NOTICE_WHY: dict[str, StrPromise] = {
    "stated": _("named by a person"),
    "register": _("from a register"),
    "verified": _("address confirmed"),
    "unverified": _("address not confirmed"),
    "unhealthy": _("messages came back"),
}

SCENARIO: dict[str, StrPromise] = {
    "exposed": _("made-up services that are open to everybody"),
    "infected": _("made-up infected systems"),
    "web": _("made-up web sites that were broken into"),
}

SAID: dict[str, StrPromise] = {
    "fixed": _("Fixed"),
    "working": _("Being worked on"),
    "not-mine": _("Not theirs"),
    "false-positive": _("False alarm"),
    "comment": _("Comment"),
}

SAY: dict[str, StrPromise] = {
    "fixed": _("It is fixed"),
    "working": _("We are working on it"),
    "not-mine": _("It is not ours"),
    "false-positive": _("It is a false alarm"),
    "comment": _("Only what I write below"),
}
"""The same, as the one says who answers."""

SAID_HOW: dict[str, StrPromise] = {
    "link": _("by the link"),
    "mail": _("by mail"),
    "page": _("signed in"),
    "phone": _("by telephone"),
}

MAIL_STATE: dict[str, tuple[str, StrPromise]] = {
    "counted": ("done", _("Taken as an answer")),
    "unverified": ("work", _("Unverified")),
    "noted": ("off", _("Noted")),
    "set-aside": ("off", _("Set aside")),
}

MAIL_WHY: dict[str, StrPromise] = {
    "no-token": _("it does not show that its sender has the notice"),
    "stranger": _("the register does not know its sender there"),
    "replayed": _("its signature was used before"),
    "locked": _("it is encrypted, and not to a key of ours"),
    "machine": _("a machine sent it"),
    "empty": _("it says nothing new"),
    "hard": _("the mail server refused the notice for good"),
    "soft": _("the mail server gave up trying"),
    "delayed": _("the mail server still tries"),
    "delivered": _("the mail server delivered the notice"),
    "relayed": _("the mail server passed the notice on"),
    "expanded": _("the mail server passed the notice on"),
}
"""What is said of a message that came by mail; of delivery notifications, what they say."""

MAIL_BELIEVED: dict[str, StrPromise] = {
    "address": _("Believed by its sender's address, which the register knows."),
    "signature": _("Believed by its signature; only what was signed is read."),
}
"""By what a message that came by mail is taken for a contact's."""
UNPROVEN = _("It is signed, but not by a key that a contact there has on file, or not in its time.")

STEP: dict[str, StrPromise] = {
    "2": _("the lead team takes it over"),
    "3": _("the regulator is told"),
    "4": _("the council is told"),
}
"""What the ladder asks of a person, by rung."""

CALL: dict[str, StrPromise] = {
    "no-contact": _("no address is known"),
    "unhealthy": _("messages come back"),
    "no-answer": _("nobody answers"),
}
