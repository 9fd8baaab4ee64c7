"""Reports of people by the API: with a key or without, by a gateway of SMS; and their fate."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Path, Router
from ninja.errors import Throttled
from ninja.security.base import AuthBase

from pehra.cases.reported import queries
from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.letters import link
from pehra.cases.reported.numbers import number_in
from pehra.cases.reported.rules import Contact, Door, Kind, Wish
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock
from pehra.mandate.apikeys.queries import signing
from pehra.mandate.apikeys.rules import Scope
from pehra.mandate.viewers import NOBODY
from pehra.web.api import citizenshapes as shapes
from pehra.web.api.door import Absent, Asker, Forbidden, Key, asker
from pehra.web.reported.public import guesses, note_miss, origin_of

if TYPE_CHECKING:
    from datetime import datetime

router = Router(tags=["reports of people"])
Number = Annotated[str, Path(max_length=40)]
_FRESH = 300
"""Seconds for which a signed delivery is taken; longer, somebody may be playing an old one."""
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def anyone(request: HttpRequest) -> Asker | None:
    """Whoever brings no key; counted by the place that it comes from."""
    if "authorization" in request.headers:
        return None
    name = hashlib.sha256(origin_of(request).encode()).hexdigest()[:32]
    return Asker(name, "anyone", NOBODY, PUBLIC, frozenset(), None)


class Signed(AuthBase):
    """A delivery that a key of the API signed; the key itself is not sent.

    `X-Pehra-Key` names the key, `X-Pehra-Signature: t=SECONDS,v1=HEX` is HMAC-SHA256, under the
    SHA-256 of the key, over the seconds, a full stop and the body.
    """

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "X-Pehra-Signature"

    def __call__(self, request: HttpRequest) -> Asker | None:
        """The key's owner, where it signed these bytes just now."""
        now: datetime = clock()
        found = signing(request.headers.get("X-Pehra-Key", ""), now.date())
        told = _SIGNATURE.fullmatch(request.headers.get("X-Pehra-Signature", ""))
        if found is None or told is None:
            return None
        opened, secret = found
        body = f"{told[1]}.".encode() + request.body
        made = hmac.new(secret, body, hashlib.sha256).hexdigest()
        fresh = abs(now.timestamp() - int(told[1])) <= _FRESH
        if not hmac.compare_digest(made, told[2]) or not fresh:
            return None
        if Scope.WRITE_REPORTS not in opened.scopes:
            message = f"The key {opened.name} lacks the scope `{Scope.WRITE_REPORTS}`."
            raise Forbidden(message, mend="Ask for a key with it.")
        return Asker(opened.name, "key", opened.viewer, opened.actor, opened.scopes, None)


@router.post("", auth=[Key(Scope.WRITE_REPORTS), anyone], response=shapes.ReportFiled)
def report_something(request: HttpRequest, told: shapes.ReportIn) -> dict[str, Any]:
    """Report a suspicious link, message, mail, number, weakness or an incident; no key needed."""
    who, now = asker(request), clock()
    keyed = who.kind == "key"
    wish = Wish(
        kind=Kind(told.kind),
        door=Door.API,
        text=told.text,
        url=told.url,
        contact=Contact(told.mail, told.phone),
        language=told.language,
        origin=f"key {who.name} {told.origin}" if keyed else origin_of(request),
        delivery=f"key {who.name} {told.delivery}" if keyed and told.delivery else "",
        organisation=told.organisation if keyed else "",
    )
    outside = settings.PEHRA.outside
    filed = file_report(settings.HOME, wish, actor=who.actor, now=now, outside=outside)
    return _filed(filed.number, now)


@router.post("/sms", auth=[Signed()], response=shapes.ReportFiled)
def report_by_sms(request: HttpRequest, told: shapes.SmsIn) -> dict[str, Any]:
    """File what somebody sent on by SMS, as a gateway delivers it, signed by its key."""
    who, now = asker(request), clock()
    urdu = any("\u0600" <= one <= "\u06ff" for one in told.text)
    wish = Wish(
        kind=Kind.MESSAGE,
        door=Door.SMS,
        text=told.text,
        contact=Contact(phone=told.sender),
        language="ur" if urdu else "en",
        origin=f"sms {told.sender}",
        delivery=f"sms {who.name} {told.id}",
    )
    filed = file_report(settings.HOME, wish, actor=who.actor, now=now)
    return _filed(filed.number, now)


@router.get("/{number}", auth=[Key(None), anyone], response=shapes.ReportFate)
def show_fate(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Show what became of a report, by its number; nothing of the report itself is in it."""
    now = clock()
    if guesses(request, now):
        raise Throttled(wait=3_600)
    try:
        found = queries.fate(number_in(number))
    except UsageError:
        found = None
    if found is None:
        note_miss(request, now)
        message = "There is no report with this number."
        raise Absent(message, mend="It has ten characters, such as K7P-2M4Q-R9T.")
    return {
        "number": found.number,
        "kind": found.kind,
        "at": found.at,
        "state": "closed" if found.closed else found.state,
        "others": found.others,
        "told": [{"at": one.at, "verdict": one.verdict, "words": one.words} for one in found.told],
    }


def _filed(number: str, now: datetime) -> dict[str, Any]:
    page = link(settings.PEHRA.outside, number)
    return {"number": number, "at": now, "page": page, "reply": f"{number}\n{page}"}
