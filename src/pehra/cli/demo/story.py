"""Eight days of four holders: told, answered, verified, refuted, come back. Every number is fixed.

River Bank answers that all ten are fixed; seven are, and three are named again, so its claim is
refuted. Hill Net says that it works on six and ends them. Harbour Power, which is critical, is told
at once of two; one of them comes back after it was shown to be gone. Lake School has no address.
"""

from __future__ import annotations

import itertools
import os
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage as Mail
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pehra.cli import door
from pehra.cli.demo.sink import Sink
from pehra.kernel.actors import Actor
from pehra.kernel.settings import Home
from pehra.kernel.time import TEST_CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from email.message import EmailMessage
    from pathlib import Path

_FIRST = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)
"""A Monday, half past nine in Karachi."""
_AMNA, _BILAL = Actor("amna", "duty-officer"), Actor("bilal", "shift-supervisor")
_REGISTER = """\
organisation,name,sector,cii_grade,kind,asset,source
river-bank,River Bank,banking,none,prefix,192.0.2.0/26,manual
hill-net,Hill Net,telecom,none,prefix,192.0.2.64/26,manual
lake-school,Lake School,education,none,prefix,192.0.2.128/26,manual
harbour-power,Harbour Power,power,A,prefix,198.51.100.0/24,manual
"""
_CONTACTS = """\
organisation,contact_purpose,contact_email,contact_language
river-bank,technical,noc@river-bank.example,en
hill-net,abuse,abuse@hill-net.example,ur
harbour-power,technical,noc@harbour-power.example,en
"""
_COLUMNS = "timestamp,severity,ip,protocol,port,tag,asn,geo"
_RIVER, _HILL, _SCHOOL = range(10, 20), range(70, 76), range(130, 133)
_POWER = (7, 8)


class Post(Protocol):
    """A mailbox that can be read by IMAP, and a way to put mail into it."""

    port: int
    login: str
    password: str

    def deliver(self, raw: bytes) -> None:
        """Put a message in."""


class Day(NamedTuple):
    """What a day's report names: the last parts of addresses."""

    river: tuple[int, ...] = ()
    hill: tuple[int, ...] = ()
    school: tuple[int, ...] = ()
    power: tuple[int, ...] = ()


_STUBBORN = (17, 18, 19)
_DAYS = (
    Day(tuple(_RIVER), tuple(_HILL), tuple(_SCHOOL), _POWER),
    Day(_STUBBORN, tuple(_HILL), tuple(_SCHOOL)),
    *(Day(_STUBBORN, (), tuple(_SCHOOL)) for _ in range(5)),
    Day(_STUBBORN, (), tuple(_SCHOOL), (8,)),
)
_MUST = {
    "rows": 70,
    "findings": 21,
    "mails": 5,
    "answers": 4,
    "fix_claims_refuted": 3,
    "relapsed_after_gone": 1,
    "gone": 14,
    "acknowledged": 3,
    "notified": 1,
    "open": 3,
    "untold": 3,
    "ledger_verified": True,
}
"""What must come of it."""


class _Story:
    """The house of the story, and its hands."""

    def __init__(self, folder: Path, sink: Sink, note: Callable[[str], None]) -> None:
        self.home = Home(folder / "home")
        self.folder, self.sink, self.note = folder, sink, note
        self.now = _FIRST
        self.answers = 0
        self.untold = 0

    def at(self, moment: datetime) -> None:
        """Let it be `moment`, for the pages too."""
        self.now = moment
        (self.folder / "clock").write_text(moment.isoformat())

    def founded(self) -> None:
        """A home with structure, register and contacts, in which sending is live by two."""
        from pehra.cli.home import prepare
        from pehra.dispatch.actions import confirm_live, propose_live
        from pehra.notices.actions.rounds import approve, unapproved
        from pehra.registry.actions.imports import import_register

        prepare(self.home)
        self.home.settings_file.write_text(
            f'[mail]\nhost = "127.0.0.1"\nport = {self.sink.port}\nsecurity = "plain"\n'
            'sender = "cert@pehra.example"\nreply = "reply@pehra.example"\n\n[notices]\naddress = "http://localhost"\n'
            'phone = "+92 51 0000000"\n'
        )
        for text in (_REGISTER, _CONTACTS):
            import_register(text.encode(), "story.csv", actor=_AMNA, now=self.now)
        propose_live(actor=_AMNA, now=self.now)
        confirm_live(actor=_BILAL, now=self.now)
        for person in (_AMNA, _BILAL):
            for kind, name in (("source", "shadowserver"), *unapproved()):
                approve(kind, [name], actor=person, now=self.now)

    def report(self, number: int, named: Day) -> int:
        """A day's report comes in; returns its rows."""
        from pehra.findings import jobs

        day = (_FIRST + timedelta(days=number)).date()
        lines = [f"192.0.2.{host}" for host in (*named.river, *named.hill, *named.school)]
        lines += [f"198.51.100.{host}" for host in named.power]
        rows = [f"{day} 03:00:00,high,{ip},tcp,23,telnet,64500,PK" for ip in lines]
        path = self.folder / f"{day}-scan_telnet-story.csv"
        path.write_text("\n".join([_COLUMNS, *rows]) + "\n")
        result = jobs.ingest("shadowserver", path, home=self.home, now=self.now, actor=_AMNA)
        self.note(f"{day}  report: {result.rows} rows, {result.findings}")
        return result.rows

    def closed(self) -> None:
        """End what coverage shows to be gone."""
        from pehra.findings.actions.closing import close_covered

        gone = close_covered(now=self.now, actor=_AMNA, progress=_quiet)
        if gone:
            self.note(f"            gone: {gone}")

    def told(self, *, urgent: bool) -> list[EmailMessage]:
        """Plan a round, let it go where it waits, send it; returns what arrived."""
        from pehra.jobs.work import run_due
        from pehra.notices import jobs
        from pehra.notices.actions import rounds

        before = self.sink.count
        found = rounds.plan(jobs.scene(self.now), urgent=urgent, actor=_AMNA, progress=_quiet)
        if found is not None:
            self.untold = max(self.untold, found.untold)
            if found.state == "held":
                rounds.decide(found.id, go=True, actor=_BILAL, now=self.now)
            for seconds in (0, 5, 10):  # what a job queues is due after it
                run_due(self.now + timedelta(seconds=seconds))
        mails = self.sink.since(before)
        for mail in mails:
            self.note(f"            mail to {mail['To']}: {mail['Subject']}")
        return mails

    def replied(self, mails: Iterable[EmailMessage], domain: str, words: str, post: Post) -> None:
        """Whoever has a mailbox there replies by mail; the reply is read by IMAP."""
        from pehra.intake.fetching import actions, keys
        from pehra.notices import jobs

        (mail,) = (one for one in mails if str(one["To"]).endswith(f"@{domain}"))
        self.at(self.now + timedelta(minutes=20))
        reply = Mail()
        reply["From"], reply["To"] = mail["To"], mail["Reply-To"]
        reply["Subject"], reply["Message-ID"] = f"Re: {mail['Subject']}", f"<reply@{domain}>"
        reply["In-Reply-To"] = mail["Message-ID"]
        reply.set_content(f"{words}\n")
        post.deliver(reply.as_bytes())
        box = actions.NewBox(
            host="127.0.0.1",
            login=post.login,
            port=post.port,
            security="none",
            purpose="replies",
        )
        actions.set_mailbox("replies", box, actor=_AMNA, now=self.now)
        keys.keep(keys.of_mailbox(self.home, "replies"), post.password, password=True)
        told = jobs.read_now("replies", self.now)
        if told["counted"] != 1:
            message = f"the reply was not taken: {told}"
            raise LookupError(message)
        self.answers += 1
        self.note(f"            {domain} replies by mail: {words}")

    def answered(self, mails: Iterable[EmailMessage], domain: str, said: str) -> None:
        """Whoever has a mailbox there opens the link of the letter, and answers on its page."""
        # It leaves this process's connection to the database open, as a server would not.
        from django.test import Client  # noqa: TID251 the site, in this process

        self.at(self.now + timedelta(minutes=20))
        (mail,) = (one for one in mails if str(one["To"]).endswith(f"@{domain}"))
        body = mail.get_body(("plain",))
        text = "" if body is None else str(body.get_content())
        found = re.search(r"http://localhost(/answer/\S+)", text)
        if found is None:
            message = "the letter has no link"
            raise LookupError(message)
        browser = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
        page = browser.get(found[1]).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"said": said, "which": "all", "csrfmiddlewaretoken": token[1] if token else ""}
        done = browser.post(found[1], form)
        if done.status_code != HTTPStatus.FOUND:
            message = f"the answer was not taken: {done.status_code}"
            raise LookupError(message)
        self.answers += 1
        self.note(f"            {domain} answers: {said}")


def _quiet(done: int, total: int) -> None:
    del done, total


def play(folder: Path, note: Callable[[str], None], post: Post | None = None) -> dict[str, Any]:
    """Play it in a home in `folder`; returns the numbers, and in `wrong` those that are not so.

    Args:
        folder: an empty one.
        note: hears what happens.
        post: by which one holder replies by mail; without it, by the link like the others.
    """
    clock = folder / "clock"
    before = {name: os.environ.get(name) for name in ("PEHRA_HOME", TEST_CLOCK)}
    os.environ |= {"PEHRA_HOME": str(folder / "home"), TEST_CLOCK: str(clock)}
    clock.write_text(_FIRST.isoformat())
    try:
        door.open_home(must_exist=False)
        with Sink() as sink:
            found = _played(_Story(folder, sink, note), post)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    wrong = {name: found[name] for name, must in _MUST.items() if found[name] != must}
    return {**found, "wrong": wrong}


def _played(story: _Story, post: Post | None) -> dict[str, Any]:
    story.founded()
    rows = 0
    for number, named in enumerate(_DAYS):
        story.at(_FIRST + timedelta(days=number))
        rows += story.report(number, named)
        story.closed()
        urgent, routine = story.told(urgent=True), story.told(urgent=False)
        if number == 0:
            story.answered(urgent, "harbour-power.example", "fixed")
            story.answered(routine, "river-bank.example", "fixed")
            if post is None:
                story.answered(routine, "hill-net.example", "working")
            else:
                story.replied(routine, "hill-net.example", "ہم اس پر کام کر رہے ہیں", post)
        if number == 1:
            story.answered(routine, "river-bank.example", "working")
    return _numbers(story, rows)


def _numbers(story: _Story, rows: int) -> dict[str, Any]:
    from pehra.findings.queries import Filter, page
    from pehra.findings.queries import steps as steps_of
    from pehra.findings.rules import State
    from pehra.ledger import keys, queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = page(Filter(), viewer=SYSTEM_VIEWER, size=500).rows
    states = [State(row.state) for row in found]
    histories = [steps_of(row.id, viewer=SYSTEM_VIEWER)[::-1] for row in found]
    relapses = [
        (before.state, after.state)
        for history in histories
        for before, after in itertools.pairwise(history)
    ]
    verdict = queries.verify(keys.verifier_key(story.home), kept=[], progress=_quiet)
    return {
        "rows": rows,
        "findings": len(found),
        "mails": story.sink.count,
        "answers": story.answers,
        "fix_claims_refuted": relapses.count((State.FIX_CLAIMED, State.RELAPSED)),
        "relapsed_after_gone": relapses.count((State.GONE, State.RELAPSED)),
        "gone": states.count(State.GONE),
        "acknowledged": states.count(State.ACKNOWLEDGED),
        "notified": states.count(State.NOTIFIED),
        "open": states.count(State.OPEN),
        "untold": story.untold,
        "ledger_verified": verdict.ok,
    }
