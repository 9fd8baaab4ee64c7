"""What triage suggests, and why. An officer decides; nothing here does.

Each input is looked at for what it is: an address, a text, a page or a mail. What is found adds
to or takes from the odds of harm; each such finding is a reason with a code that never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.cases.triage import reasons as why
from pehra.cases.triage.addresses import canonical, frame
from pehra.cases.triage.mails import mail
from pehra.cases.triage.model import chance, odds, text_odds
from pehra.cases.triage.pages import page
from pehra.cases.triage.wording import bare, links

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pehra.cases.triage.reasons import Reason

KINDS = ("url", "text", "page", "mail")
SUGGESTIONS = ("phishing", "malware", "scam", "lawful", "unclear")
_LOW = 0.2
_MOST_INSIDE = 200
_NO_PLACE = ("mailto:", "tel:", "#", "cid:", "javascript:", "data:")


class Suggestion(msgspec.Struct, frozen=True):
    """What an officer may think of first.

    Attributes:
        suggestion: one of `SUGGESTIONS`.
        score: chance of harm, 0 to 1; 0.8 is where the suggestion begins.
        reasons: what speaks for and against, the weightiest first.
        addresses: the addresses inside, in their one spelling.
    """

    suggestion: str
    score: float
    reasons: tuple[Reason, ...]
    addresses: tuple[str, ...] = ()


def suggest(kind: str, given: str | bytes, known: Mapping[str, str] | None = None) -> Suggestion:
    """Look at one input.

    Args:
        kind: one of `KINDS`.
        given: the address, the text, or the bytes of a page or mail.
        known: addresses and hosts that the caller knows, in their one spelling, each with
            `phishing`, `malware`, `scam` or `lawful`.
    """
    looked = _LOOKS[kind]
    return looked(given, known or {})


def suggest_urls(texts: Sequence[str], known: Mapping[str, str] | None = None) -> list[Suggestion]:
    """Look at many addresses at once, a table at a time."""
    table = frame(texts)
    harm = dict(zip(table["row"].to_list(), odds(table).tolist(), strict=True))
    return [_of_url(text, harm.get(row), known or {}) for row, text in enumerate(texts)]


def suggest_texts(texts: Sequence[str], known: Mapping[str, str] | None = None) -> list[Suggestion]:
    """Look at many short texts at once."""
    clean = [bare(text) for text in texts]
    lines = text_odds(clean, "sms").tolist() if texts else []
    return [
        _of_text(text, words, line, known or {})
        for text, words, line in zip(texts, clean, lines, strict=True)
    ]


def _of_url(text: str, harm: float | None, known: Mapping[str, str]) -> Suggestion:
    address = canonical(text)
    if address is None or harm is None:
        return Suggestion("unclear", 0.5, (why.UNREADABLE,))
    return _weighed([*why.of_known(address, known), *why.of_address(address, harm)], (address.url,))


def _url(given: str | bytes, known: Mapping[str, str]) -> Suggestion:
    return suggest_urls([_str(given).strip()], known)[0]


def _text(given: str | bytes, known: Mapping[str, str]) -> Suggestion:
    return suggest_texts([_str(given)], known)[0]


def _of_text(text: str, clean: str, line: float, known: Mapping[str, str]) -> Suggestion:
    """A text: its wording by the line and by topics, and the worst address in it."""
    found, addresses = _inside(links(text), known)
    return _weighed([*found, *why.of_wording(text, line, len(clean))], addresses)


def _page(given: str | bytes, known: Mapping[str, str]) -> Suggestion:
    read = page(_str(given))
    found, addresses = _inside([link.target for link in read.links], known)
    said = why.of_wording(f"{read.title} {read.text}", None, 0)
    return _weighed([*found, *why.of_page(read), *said], addresses)


def _mail(given: str | bytes, known: Mapping[str, str]) -> Suggestion:
    read = mail(given.encode() if isinstance(given, str) else given)
    text = f"{read.subject}\n{read.text}"
    found, addresses = _inside([*(link.target for link in read.links), *links(text)], known)
    clean = bare(text)
    said = why.of_wording(text, float(text_odds([clean], "mail")[0]), len(clean))
    return _weighed([*found, *why.of_mail(read), *said], addresses)


def _inside(texts: Sequence[str], known: Mapping[str, str]) -> tuple[list[Reason], tuple[str, ...]]:
    """The reasons of the worst of the addresses inside, and all of them."""
    readable = [
        address
        for text in dict.fromkeys(texts)
        if not text.lower().startswith(_NO_PLACE) and (address := canonical(text)) is not None
    ][:_MOST_INSIDE]
    if not readable:
        return [], ()
    harm = odds(frame([address.url for address in readable])).tolist()
    # an address that looks lawful says little of the text around it
    each = [
        [*why.of_known(address, known), *why.of_address(address, value + 1, most=3.0)]
        for address, value in zip(readable, harm, strict=True)
    ]
    worst = max(each, key=lambda reasons: sum(reason.weight for reason in reasons))
    floor = [r if r.weight > -1 or r.code.startswith("known-") else _less(r) for r in worst]
    return floor, tuple(dict.fromkeys(address.url for address in readable))


def _less(reason: Reason) -> Reason:
    return msgspec.structs.replace(reason, weight=-1.0)


def _weighed(found: list[Reason], addresses: tuple[str, ...]) -> Suggestion:
    """Reasons as one suggestion. What the caller knows goes before the rest."""
    harm = sum(reason.weight for reason in found)
    listed = [reason for reason in found if reason.code.startswith("known-")]
    if listed:
        harm = listed[0].weight
    score = round(chance(harm), 4)
    ordered = tuple(sorted(found, key=lambda one: -abs(one.weight)))
    if listed and listed[0].kind in SUGGESTIONS:
        return Suggestion(listed[0].kind, score, ordered, addresses)
    if harm >= 0:
        return Suggestion(_kind(found), score, ordered, addresses)
    return Suggestion("lawful" if score < _LOW else "unclear", score, ordered, addresses)


def _kind(found: list[Reason]) -> str:
    """Which harm: what most of the reasons that speak for harm speak of."""
    weight = dict.fromkeys(("malware", "scam", "phishing"), 0.0)
    for reason in found:
        if reason.kind in weight and reason.weight > 0:
            weight[reason.kind] += reason.weight
    most = max(weight, key=lambda kind: weight[kind])
    return most if weight[most] else "phishing"


def _str(given: str | bytes) -> str:
    return given if isinstance(given, str) else given.decode("utf-8", "replace")


_LOOKS: dict[str, Callable[[str | bytes, Mapping[str, str]], Suggestion]] = {
    "url": _url,
    "text": _text,
    "page": _page,
    "mail": _mail,
}
