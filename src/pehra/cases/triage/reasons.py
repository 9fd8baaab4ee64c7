"""Why triage suggests what it suggests: a code that never changes, a sentence, and its weight.

Weights are logarithms of odds and add up. The words of a code may be mended; pages translate by
the code.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import msgspec

from pehra.cases.triage.addresses import Address, canonical, shown
from pehra.cases.triage.features import GIVEN_ONLY_TO
from pehra.cases.triage.imitation import is_owned, likenesses, named
from pehra.cases.triage.mails import MACROS, PAGES, RUNS, WRAPS
from pehra.cases.triage.wording import topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pehra.cases.triage.imitation import Likeness
    from pehra.cases.triage.mails import Attachment, Mail
    from pehra.cases.triage.pages import Form, Link, Page


class Reason(msgspec.Struct, frozen=True):
    """One reason.

    Attributes:
        code: stable.
        words: a sentence for people, English.
        weight: what it adds to the odds of harm; below 0 speaks for lawful.
        kind: of harm that it speaks of, or empty.
    """

    code: str
    words: str
    weight: float = 0.0
    kind: str = ""


UNREADABLE = Reason("no-address", "This cannot be read as a web address.")
_KNOWN = 8.0
_GIVEN_ONLY = re.compile(GIVEN_ONLY_TO)
_PROGRAM = re.compile(r"(?i)\.(apk|exe|scr|msi|bat|cmd|hta|vbs|js|jar|iso|img|ps1|lnk|dmg|pkg)$")
_SPEAKS = 20
"""Latin letters from which on the line of runs has something to read."""

_HOSTED = {
    "builder": "a site builder, where anybody gets a page at once",
    "blog": "a host of blogs, where anybody gets a page at once",
    "cloud": "a cloud service, where anybody gets a name at once",
    "hosting": "a host that gives names away",
    "dynamic": "a dynamic DNS service, where anybody gets a name at once",
    "short": "a link shortener, which hides where it leads",
}
_HOW = {
    "spelled": ("look-alike", "{seen} is spelled so that it looks like {word} ({whose})", 3.0),
    "label": ("name-of-other", "{word} stands in the address, which is not one of {whose}", 1.0),
    "near": ("near-name", "{seen} is one letter away from {word} ({whose})", 1.0),
    "inside": ("name-inside", "{word} is part of the address, which is not one of {whose}", 0.5),
}
NATION = "pk"
"""The nation's own suffix."""
_HOME = 3.0
"""What that takes off a bare name, so that none of the nation's is suggested by letters alone."""
_NATIONAL = 1.5
"""How much more a national name counts: few others have a reason to use it."""


def of_known(address: Address, known: Mapping[str, str]) -> list[Reason]:
    """What the caller knows of the address or its host, the most exact first."""
    labels = address.host.split(".")
    parents = [".".join(labels[first:]) for first in range(len(labels) - 1)]
    for entry in (address.url, *parents):
        kind = known.get(entry)
        if kind is not None:
            weight = -_KNOWN if kind == "lawful" else _KNOWN
            what = "address" if entry == address.url else "host"
            words = f"The {what} {entry} is known as {kind}."
            return [Reason(f"known-{what}", words, weight, kind)]
    return []


def of_address(address: Address, harm: float, most: float = math.inf) -> list[Reason]:
    """What the model says of an address, and what can be seen in it."""
    weight = max(-most, min(most, harm))
    said = "harmful" if harm >= 0 else "lawful"
    more = "" if harm >= 0 else " or does not stand out"
    found = [
        Reason(
            f"model-{said}",
            f"By its letters and form the address looks {said}{more}, says the open model.",
            round(weight, 3),
            "phishing" if harm >= 0 else "",
        )
    ]
    if is_owned(address):
        words = f"{address.registered} belongs to whom it names, as far as the lists say."
        return [Reason("own-domain", words, -4.0), *found]
    if _GIVEN_ONLY.search(address.suffix):
        words = f"Names under {address.suffix} are given to public bodies only."
        return [Reason("public-body", words, 0.0), *found, *_form(address)]
    like = _likeness(likenesses(address))
    bare = not (address.path or address.query or address.hosting)
    if bare and not like and harm >= 0 and address.suffix.rpartition(".")[2] == NATION:
        words = f"The registry of .{NATION} knows who holds it, and it looks like no other's name."
        return [Reason("national-suffix", words, -_HOME), *found, *_form(address)]
    return [*like, *found, *_form(address)]


def _likeness(found: Sequence[Likeness]) -> list[Reason]:
    """Names of others, the weightiest first; several words of one address are one sign."""
    reasons = []
    for one in found[:3]:
        code, words, weight = _HOW[one.how]
        said = words.format(seen=one.seen, word=one.word, whose=one.name.called)
        if one.name.national and one.how != "inside":
            weight += _NATIONAL
        reasons.append(Reason(code, said[0].upper() + said[1:] + ".", weight, "phishing"))
    reasons.sort(key=lambda one: -one.weight)
    return [*reasons[:1], *(msgspec.structs.replace(one, weight=0.0) for one in reasons[1:])]


def _form(address: Address) -> list[Reason]:
    """What is plain in an address and counted by the model already."""
    found = []
    if address.hosting:
        words = f"{address.host} is a name under {address.under}: {_HOSTED[address.hosting]}."
        found.append(Reason(f"host-{address.hosting}", words))
    if address.ip:
        found.append(Reason("bare-ip", "The host is a number, not a name."))
    if address.user:
        words = "A name stands before the host, so that the address looks like another."
        found.append(Reason("user-part", words, 1.0, "phishing"))
    if "xn--" in address.host:
        words = f"The host is written {shown(address.host)}, with letters of another script."
        found.append(Reason("other-script", words))
    if _PROGRAM.search(address.path):
        found.append(Reason("program", "It leads to a program to install.", 2.5, "malware"))
    return found


_TOPICS = {
    "secret": ("asks-secret", "It speaks of passwords, codes or card numbers", 1.0, "phishing"),
    "act": ("asks-act", "It tells the reader to click, call or confirm", 0.7, ""),
    "haste": ("haste", "It hurries or threatens", 0.8, ""),
    "prize": ("prize", "It promises a prize or a gift", 1.2, "scam"),
    "money": ("money", "It speaks of money to send or to gain", 0.8, "scam"),
    "office": ("office", "It speaks as an office or a firm would", 0.5, "phishing"),
}
_TOGETHER = 1.2
_QUIET = Reason("no-wording", "Words alone seldom mean harm.", -3.0)


def of_wording(said: str, line: float | None, letters: int) -> list[Reason]:
    """What the words say, in three languages; and what the open model says of English ones."""
    found = topics(said)
    local = any(one.language != "en" for one in found)
    reasons: dict[str, Reason] = {}
    for one in found:
        code, words, weight, kind = _TOPICS[one.topic]
        reasons.setdefault(
            code, Reason(code, f"{words}: {', '.join(one.words[:3])}.", weight, kind)
        )
    kinds = list(reasons.values())
    if len(kinds) > 2:  # noqa: PLR2004 three topics at once are a pattern
        words = "Several of these stand together, as in known messages."
        kinds.append(Reason("together", words, _TOGETHER))
    if line is None or letters < _SPEAKS or local:
        return [*kinds, _QUIET]
    less = [msgspec.structs.replace(one, weight=one.weight / 4) for one in kinds]
    weight = round(4 * math.tanh(line / 4), 3)
    code = "wording-harmful" if line >= 0 else "wording-lawful"
    said = "like harmful messages" if line >= 0 else "like lawful messages"
    return [*less, Reason(code, f"It is worded {said}, says the open model.", weight)]


def of_page(read: Page) -> list[Reason]:
    """What a page asks of its reader."""
    found = _forms(read.forms, loose=read.loose_password)
    for name in named(read.title)[:1]:
        words = f"Its title names {name.called}."
        found.append(Reason("title-names", words, 1.0 if name.national else 0.5, "phishing"))
    return found


def _forms(forms: Sequence[Form], *, loose: bool = False) -> list[Reason]:
    found = []
    if loose or any(form.password for form in forms):
        found.append(Reason("asks-password", "It has a field for a password.", 2.0, "phishing"))
    for form in forms:
        target = canonical(form.target) if form.target.startswith(("http:", "https:")) else None
        if target is not None:
            words = f"A form sends what is typed to {target.host}."
            found.append(Reason("form-sends", words, 1.0, "phishing"))
            break
    return found


def of_mail(read: Mail) -> list[Reason]:
    """What sender, links, forms and files of a mail say."""
    return [
        *_sender(read),
        *_shown_links(read.links),
        *(
            [Reason("form-in-mail", "The mail holds a form.", 1.0, "phishing")]
            if read.forms
            else []
        ),
        *_forms(read.forms),
        *_files(read.attachments),
    ]


def _sender(read: Mail) -> list[Reason]:
    found = []
    sender, reply = canonical(read.sender_host or "-"), canonical(read.reply_host or "-")
    if sender is None:
        return [Reason("no-sender", "It names no sender that can be answered.", 0.5)]
    if reply is not None and reply.registered != sender.registered and read.reply_host:
        words = f"Answers go to {reply.registered}, not to {sender.registered}."
        found.append(Reason("reply-elsewhere", words, 0.5, "scam"))
    for name in named(read.sender_name)[:1]:
        if not is_owned(sender):
            words = f"It calls itself {name.called}, and comes from {sender.registered}."
            found.append(Reason("name-not-sender", words, 2.5, "phishing"))
    return [*found, *(one for one in _likeness(likenesses(sender)) if one.weight)]


_SHOWN = re.compile(r"(?i)^(?:https?://)?(?:[\w-]{1,63}\.){1,8}[a-z]{2,18}(?:[/?]\S{0,500})?$")


def _shown_links(links: Sequence[Link]) -> list[Reason]:
    for link in links:
        if not _SHOWN.match(link.text):
            continue
        says, goes = canonical(link.text), canonical(link.target)
        if says and goes and goes.host and says.registered != goes.registered:
            words = f"A link says {says.registered} and goes to {goes.registered}."
            return [Reason("link-says-other", words, 2.0, "phishing")]
    return []


_FILES = (
    (RUNS, "file-runs", "The file {name} is a program that runs when it is opened", 5.0, "malware"),
    (MACROS, "file-macros", "The file {name} can hold macros", 1.0, "malware"),
    (PAGES, "file-page", "The file {name} is a page, which can ask for passwords", 2.0, "phishing"),
    (WRAPS, "file-wraps", "The file {name} holds others that scanners may not see", 0.7, "malware"),
)


def _files(files: Sequence[Attachment]) -> list[Reason]:
    found: dict[str, Reason] = {}
    for file in files:
        for kinds, code, words, weight, kind in _FILES:
            if file.extension in kinds:
                said = words.format(name=file.name) + "."
                found.setdefault(code, Reason(code, said, weight, kind))
    return list(found.values())
