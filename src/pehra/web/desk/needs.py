"""What needs somebody now, the most urgent first; each leads to the list of exactly those rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pehra.dispatch import queries as dispatch
from pehra.intake import queries as intake
from pehra.jobs import queries as jobs
from pehra.mandate.queries.powers import broken_glass
from pehra.notices.queries.waiting import waiting
from pehra.registry import queries as registry
from pehra.registry.queries.joining import waiting_applications
from pehra.web import figures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pehra.findings.queries import Counts
    from pehra.mandate.viewers import Viewer

_LATELY = timedelta(days=1)


class Need(msgspec.Struct, frozen=True):
    """One thing to do: how many, of what, out of how many, and where they are listed."""

    tone: str
    figure: str
    text: str
    of: str
    href: str


def _listed(route: str, **words: str | list[str]) -> str:
    return f"{reverse(route)}?{urlencode(words, doseq=True)}"


def _of(whole: int) -> str:
    return _("of %(total)s open") % {"total": figures.number(whole)}


def of_findings(counts: Counts, unheld: Counts) -> Iterator[Need]:
    """Clocks first, then what nobody has taken up, then what waits for an answer."""
    taken_up = ["open", "relapsed"]
    told = (
        (
            "bad",
            counts.overdue,
            ngettext("is past its deadline", "are past their deadline", counts.overdue),
            _of(counts.standing),
            _listed("findings", due="past"),
        ),
        (
            "bad",
            counts.due_soon,
            ngettext("is due within 24 hours", "are due within 24 hours", counts.due_soon),
            _of(counts.standing),
            _listed("findings", due="day"),
        ),
        (
            "bad",
            counts.untaken,
            ngettext(
                "critical finding that nobody has taken up",
                "critical findings that nobody has taken up",
                counts.untaken,
            ),
            _("of %(total)s critical") % {"total": figures.number(counts.critical)},
            _listed("findings", severity="critical", state=taken_up),
        ),
        (
            "work",
            unheld.critical,
            ngettext(
                "critical finding without a known holder",
                "critical findings without a known holder",
                unheld.critical,
            ),
            _("of %(total)s critical") % {"total": figures.number(counts.critical)},
            _listed("findings", severity="critical", holder="none"),
        ),
        (
            "work",
            counts.disputed,
            ngettext(
                "disputed answer waits for a decision",
                "disputed answers wait for a decision",
                counts.disputed,
            ),
            _of(counts.standing),
            _listed("findings", state="disputed"),
        ),
    )
    for tone, count, text, of, href in told:
        if count:
            yield Need(tone, figures.number(count), text, of, href)


def of_the_house(viewer: Viewer, now: datetime) -> Iterator[Need]:
    """Alarms of sources, files and jobs that failed, assets that several claim."""
    alarms = intake.open_alarms(viewer=viewer)
    if alarms:
        text = ngettext("alarm of a source", "alarms of sources", len(alarms))
        sources = len({source for source, _kind in alarms})
        of = ngettext("%(n)s source", "%(n)s sources", sources) % {"n": figures.number(sources)}
        yield Need("bad", figures.number(len(alarms)), text, of, f"{reverse('sources')}#alarms")
    failed = intake.count(viewer=viewer, state="failed")
    if failed:
        text = ngettext("file could not be taken in", "files could not be taken in", failed)
        of = _("of %(total)s files") % {"total": figures.number(intake.count(viewer=viewer))}
        href = _listed("batches", state="failed")
        yield Need("work", figures.number(failed), text, of, href)
    since = figures.start_of((now - _LATELY).astimezone(figures.zone()).date().isoformat())
    broken = sum(jobs.failed_since(since).values()) if since else 0
    if broken and since:
        text = ngettext("job failed", "jobs failed", broken)
        href = _listed("jobs", state="failed", since=since.date().isoformat())
        yield Need("work", figures.number(broken), text, _("since yesterday"), href)
    yield from _of_letters(viewer)
    contested = registry.waiting_work(viewer=viewer, kind="conflict")
    if contested:
        text = ngettext("asset that several claim", "assets that several claim", contested)
        waiting = figures.number(registry.waiting_work(viewer=viewer))
        of = _("of %(total)s work items") % {"total": waiting}
        href = _listed("work", kind="conflict")
        yield Need("work", figures.number(contested), text, of, href)


def _of_letters(viewer: Viewer) -> Iterator[Need]:
    """Letters that a crash or a broken line left unknown: a person looks into the relay's log."""
    count = dispatch.uncertain(viewer=viewer)
    if count:
        text = ngettext("letter may have left", "letters may have left", count)
        href = _listed("sending", state="uncertain")
        yield Need("bad", figures.number(count), text, _("nobody heard an answer"), href)


def of_offices(now: datetime) -> Iterator[Need]:
    """Powers that somebody took and nobody reviewed, the overdue ones apart."""
    found = broken_glass(waiting=True)
    if not found:
        return
    late = sum(one.overdue(now) for one in found)
    text = ngettext(
        "power that was taken waits for review",
        "powers that were taken wait for review",
        len(found),
    )
    of = _("%(n)s overdue") % {"n": figures.number(late)}
    tone = "bad" if late else "work"
    yield Need(tone, figures.number(len(found)), text, of, f"{reverse('offices')}#glass")


def of_applications(viewer: Viewer) -> Iterator[Need]:
    """Organisations that asked for an account."""
    count = waiting_applications(viewer=viewer)
    if count:
        text = ngettext(
            "organisation asks for an account", "organisations ask for an account", count
        )
        of = _("a person decides")
        yield Need("work", figures.number(count), text, of, reverse("applications"))


def of_notices(viewer: Viewer) -> Iterator[Need]:
    """Steps and calls for the reader's team; rounds and replies for national staff."""
    found = waiting(viewer=viewer)
    told = (
        (
            found.steps,
            ngettext(
                "holder who did not answer in time",
                "holders who did not answer in time",
                found.steps,
            ),
            _("the next step is yours"),
            "steps",
        ),
        (
            found.calls,
            ngettext("call to make", "calls to make", found.calls),
            _("messages do not reach them"),
            "calls",
        ),
        (
            found.held,
            ngettext(
                "round of messages waits for a decision",
                "rounds of messages wait for a decision",
                found.held,
            ),
            _("nobody is told until then"),
            "rounds",
        ),
        (
            found.replies,
            ngettext("unverified reply", "unverified replies", found.replies),
            _("they have changed nothing"),
            "replies",
        ),
    )
    for count, text, of, anchor in told:
        if count:
            href = f"{reverse('notices')}#{anchor}"
            yield Need("work", figures.number(count), text, of, href)


def needs(counts: Counts, unheld: Counts, *, viewer: Viewer, now: datetime) -> list[Need]:
    """All of it: what concerns the house itself is for national staff."""
    house = (
        [*of_offices(now), *of_applications(viewer), *of_the_house(viewer, now)]
        if viewer.sees_all
        else ()
    )
    return [*of_findings(counts, unheld), *of_notices(viewer), *house]
