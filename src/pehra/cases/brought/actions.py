"""Bring cases of other systems in: what a file changes, then, asked for, the change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from django.db import transaction

from pehra.cases.actions.clocks import refresh
from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.actions.timeline import digest_of, locked
from pehra.cases.brought import iris, misp, rtir, thehive
from pehra.cases.brought.difference import Change, Known, difference
from pehra.cases.models.brought import Brought
from pehra.cases.models.case import Entry, Task
from pehra.cases.rules import EntryKind, Origin, State
from pehra.kernel.errors import PehraError, Refused, UsageError
from pehra.kernel.labels import Tlp
from pehra.ledger.actions import append
from pehra.mandate import queries as mandate
from pehra.mandate.queries.standing import standing_organisations
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, tzinfo

    from pehra.cases.brought.record import Indicator, Read, Record
    from pehra.cases.models.case import Case
    from pehra.kernel.actors import Actor

FORMATS = ("rtir", "thehive", "iris", "misp")
_ENDS = {"closed": State.CLOSED, "rejected": State.REJECTED, "duplicate": State.DUPLICATE}
_CHUNK = 1_000
_WIDEST = 15_000
"""Characters of a line that lists indicators."""
_STRICTER = list(Tlp)


class File(msgspec.Struct, frozen=True):
    """What was exported.

    Attributes:
        data: its bytes.
        name: what it is called.
        form: one of `FORMATS`.
        system: which system it is of; empty: the format's name.
    """

    data: bytes
    name: str
    form: str
    system: str = ""


class Manner(msgspec.Struct, frozen=True):
    """How it comes in.

    Attributes:
        zone: of moments that say none.
        team: id of the team that leads; null: as mandate's routing says of the affected.
        dry_run: change nothing.
    """

    zone: tzinfo
    team: int | None = None
    dry_run: bool = False


class Told(msgspec.Struct, frozen=True):
    """A line of the report: `added`, `changed`, `unchanged`, `rejected` or `left`."""

    place: str
    outcome: str
    subject: str
    detail: str = ""
    case: int | None = None


class _Desk(NamedTuple):
    system: str
    organisations: dict[str, int]
    team: int | None
    of_strangers: int | None
    actor: Actor
    now: datetime


def bring(
    file: File,
    manner: Manner,
    *,
    actor: Actor,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Told]:
    """What a file changes, written unless it is only tried.

    Each case is one transaction: one that is refused is reported, and the others come in.

    Raises:
        UsageError: an unknown format, or a file that is none of it.
    """
    if file.form not in FORMATS:
        message = f"There is no format `{file.form}`."
        raise UsageError(message, mend=f"Possible: {', '.join(FORMATS)}.")
    system = (file.system or file.form)[:40]
    found = _read(file, manner.zone)
    with as_system():
        rows = Brought.objects.filter(system=system, ref__in=[one.ref for one in found.records])
        known = {row.ref: Known(row.case_id, row.parts) for row in rows}
        lead = mandate.routing(0, now.date()).lead
        desk = _Desk(system, _organisations(), manner.team, lead, actor, now)
    changes, rejects = difference(found.records, known, now)
    told = [Told(one.place, "rejected", file.name, one.why) for one in (*found.rejects, *rejects)]
    for number, change in enumerate(changes, 1):
        told += _bring_one(change, desk, dry=manner.dry_run)
        progress(number, len(changes))
    return told


def _read(file: File, zone: tzinfo) -> Read:
    if file.form == "rtir":
        return rtir.read(file.data, file.name, zone)
    readers = {"thehive": thehive.read, "iris": iris.read, "misp": misp.read}
    return readers[file.form](file.data, file.name)


def _organisations() -> dict[str, int]:
    """Slugs, and names that only one has, in lower case -> id."""
    found: dict[str, list[int]] = {}
    for slug, (number, row) in mandate.holders().items():
        for name in {slug.lower(), row.name.lower()}:
            found.setdefault(name, []).append(number)
    standing = standing_organisations(number for numbers in found.values() for number in numbers)
    return {
        name: numbers[0]
        for name, numbers in found.items()
        if len(numbers) == 1 and numbers[0] in standing
    }


def _bring_one(change: Change, desk: _Desk, *, dry: bool) -> Iterator[Told]:
    record = change.record
    subject = f"{desk.system} {record.ref} {record.title}"
    case, outcome, detail = change.case, change.outcome, change.detail
    if outcome != "unchanged" and not dry:
        try:
            case = _written(change, desk)
        except PehraError as error:
            yield Told(record.place, "rejected", subject, error.message)
            return
    yield Told(record.place, outcome, subject, detail, case)
    if outcome != "unchanged":
        yield from (Told(record.place, "left", subject, what, case) for what in record.left)
        for name in record.organisations:
            if name.lower() not in desk.organisations:
                what = f"organisation {name}: the register has none, or several, of that name"
                yield Told(record.place, "left", subject, what, case)


def _written(change: Change, desk: _Desk) -> int:
    """Write a change; gives the case's number."""
    record, actor, now = change.record, desk.actor, desk.now
    with as_system(), transaction.atomic():
        case = change.case if change.case is not None else _opened(record, desk)
        row = locked(case)
        row.tlp = _stricter(row.tlp, record.tlp)
        entries = [*_lines(change, desk, row), *_seen(change, desk, row)]
        Entry.objects.bulk_create(entries, batch_size=_CHUNK)
        Task.objects.bulk_create(
            [
                Task(
                    case=row,
                    title=job.title,
                    opened_at=now,
                    opened_by=actor.name[:254],
                    due_at=job.due,
                    done_at=now if job.done else None,
                    done_by=actor.name[:254] if job.done else "",
                    outcome=f"{desk.system}: {job.state}" if job.done else "",
                )
                for job in change.jobs
            ],
            batch_size=_CHUNK,
        )
        over = change.case is None and record.end is not None
        if record.end is not None and over:
            # As it ended there, so that no clock runs for it.
            row.state = _ENDS[record.end.how]
            row.closed_at = max(min(record.end.at or now, now), row.aware_at)
        row.changed_at = now
        row.save(update_fields=["state", "closed_at", "changed_at", "tlp"])
        if over:
            refresh(row, at=now)
        _remember(change, desk, row)
        append(
            "cases.bring",
            actor=actor,
            subject=f"case:{case}",
            facts={
                "system": desk.system,
                "lines": len(change.lines),
                "tasks": len(change.jobs),
                "indicators": len(change.indicators),
                "digest": digest_of(record.ref + "".join(sorted(change.parts.values()))),
            },
            now=now,
        )
    return case


def _remember(change: Change, desk: _Desk, row: Case) -> None:
    """Keep what was brought; a case that another import made meanwhile is not made twice."""
    kept = {"parts": change.parts, "at": desk.now, "by": desk.actor.name[:254]}
    named = {"system": desk.system, "ref": change.record.ref}
    if change.case is not None:
        Brought.objects.filter(**named).update(**kept)
    elif not Brought.objects.get_or_create(**named, defaults={"case": row, **kept})[1]:
        message = "Another import brought it meanwhile."
        raise Refused(message, mend="Import the file again: it brings what is new.")


def _stricter(one: str, other: str) -> str:
    return max((one, other), key=lambda word: _STRICTER.index(Tlp(word)))


def _opened(record: Record, desk: _Desk) -> int:
    names = (desk.organisations.get(name.lower()) for name in record.organisations)
    affected = tuple(dict.fromkeys(number for number in names if number is not None))
    status = ", ".join(filter(None, (record.status, record.severity)))
    opening = Opening(
        title=record.title,
        kind=record.kind,
        aware_at=record.opened,
        tlp=record.tlp,
        affected=affected,
        team=desk.of_strangers if desk.team is None and not affected else desk.team,
        origin=Origin.IMPORT,
        text=f"{desk.system} {record.ref}" + (f": {status}" if status else ""),
        triaged=True,
    )
    return open_case(opening, actor=desk.actor, at=desk.now)


def _lines(change: Change, desk: _Desk, row: Case) -> Iterator[Entry]:
    """What was said there, and what a case says of itself now otherwise than before."""
    for one in change.lines:
        facts = {"brought": desk.system, "ref": one.ref, "author": one.by, "mail": one.mail}
        text = f"{one.by}:\n{one.text}" if one.by else one.text
        yield _entry(row, desk, text, facts, at=one.at)
    if change.case is None:
        return
    told = [f"{name}: {before or '-'} -> {now or '-'}" for name, before, now in change.words]
    told += [f"{job.title}: {job.state}" for job in change.again]
    if told:
        text = f"{desk.system} {change.record.ref}\n" + "\n".join(told)
        yield _entry(row, desk, text[:_WIDEST], {"brought": desk.system})


def _seen(change: Change, desk: _Desk, row: Case) -> Iterator[Entry]:
    """Indicators, many in a line, those of one label together."""
    labels: dict[str, list[Indicator]] = {}
    for one in change.indicators:
        labels.setdefault(one.tlp, []).append(one)
    for label, several in labels.items():
        strictest = _stricter(label or row.tlp, row.tlp)
        for part in _parts(several):
            facts = {"brought": desk.system, "indicators": len(part)}
            yield _entry(row, desk, "\n".join(part), facts, at=change.record.opened, tlp=strictest)


def _parts(several: list[Indicator]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for one in several:
        whole = f"{one.kind} {one.value}" + (f" ({one.note})" if one.note else "")
        for text in (whole[begin : begin + _WIDEST] for begin in range(0, len(whole), _WIDEST)):
            if part and size + len(text) > _WIDEST:
                yield part
                part, size = [], 0
            part.append(text)
            size += len(text) + 1
    if part:
        yield part


def _entry(  # noqa: PLR0913 what a line is made of
    row: Case,
    desk: _Desk,
    text: str,
    facts: dict[str, Any],
    *,
    at: datetime | None = None,
    tlp: str = "",
) -> Entry:
    return Entry(
        case=row,
        at=min(at or desk.now, desk.now),
        recorded_at=desk.now,
        kind=EntryKind.NOTE,
        by=desk.actor.name[:254],
        office=desk.actor.office[:120],
        tlp=tlp or row.tlp,
        text=text,
        facts=facts,
    )
