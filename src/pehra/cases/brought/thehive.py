"""Cases of TheHive 4 and 5 as plain JSON: what its API answers, with observables and tasks in them.

A file has a case, a list of cases, or `{"case": ..., "observables": [...], "tasks": [...]}`; tasks
have their `logs`, a case its `comments` and `pages`. Moments are milliseconds since 1970.
https://docs.strangebee.com/thehive/api-docs/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.cases.brought.record import (
    WIDE,
    Indicator,
    Job,
    Line,
    Read,
    Record,
    Rejected,
    Unreadable,
    began,
    decoded,
    ended,
    items,
    kind_of,
    line_of,
    lines_of,
    long_title,
    merged,
    moment,
    required,
    said,
    strange,
    tlp_of,
    within,
)
from pehra.kernel.labels import Tlp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_ENDS = {
    "resolved": "closed",
    "truepositive": "closed",
    "indeterminate": "closed",
    "other": "closed",
    "falsepositive": "rejected",
    "duplicated": "duplicate",
    "deleted": "rejected",
}
_SEVERITY = {"1": "low", "2": "medium", "3": "high", "4": "critical"}
_LISTS = ("observables", "artifacts", "tasks", "comments", "pages", "procedures")
_DONE = frozenset({"completed", "cancel", "cancelled"})
_KEPT = frozenset(
    {"_id", "id", "number", "caseid", "title", "description", "severity", "severitylabel", "tags"}
    | {"startdate", "enddate", "closeddate", "_createdat", "createdat", "tlp", "tlplabel"}
    | {"status", "resolutionstatus", "impactstatus", "summary", "assignee", "owner", "user"}
    | {"customfields", "customfieldvalues", "observables", "artifacts", "tasks", "comments"}
    | {"pages", "stage", "pap", "paplabel", "_createdby", "createdby", "organisation"}
    | {"case", "procedures", "extendedstatus"}
)
_SILENT = frozenset(
    {"_type", "_routing", "_version", "_parent", "_updatedby", "updatedby", "_updatedat"}
    | {"updatedat", "flag", "access", "extradata", "userpermissions", "newdate", "timetodetect"}
    | {"inprogressdate", "alertdate", "alertnewdate", "alertinprogressdate", "alertimporteddate"}
    | {"timetotriage", "timetoqualify", "timetoacknowledge", "timetoresolve", "handlingduration"}
    | {"permissions", "stats", "metrics", "sharing", "owningorganisation"}
)
"""What TheHive measures itself, and who sees it there."""


def read(data: bytes, name: str) -> Read:
    """Cases of a file.

    Raises:
        UsageError: no JSON.
    """
    document = decoded(data, name)
    records: list[Record] = []
    rejects: list[Rejected] = []
    for number, one in enumerate(document if isinstance(document, list) else [document], 1):
        place = f"case {number} of the file"
        try:
            records.append(_record(_whole(one), place))
        except Unreadable as error:
            rejects.append(Rejected(place, str(error)))
    return Read(records, rejects)


def _whole(one: object) -> dict[str, Any]:
    """A case with what stands beside it."""
    if not isinstance(one, dict):
        reason = "it is no case"
        raise Unreadable(reason)
    inner = one.get("case")
    return {**one, **inner} if isinstance(inner, dict) else one


def _record(one: dict[str, Any], place: str) -> Record:
    ref = line_of(one.get("_id")) or line_of(one.get("id")) or line_of(one.get("number"))
    opened = began(
        moment(one.get("startDate")), moment(one.get("_createdAt")), moment(one.get("createdAt"))
    )
    status = line_of(one.get("status"))[:40]
    outcome = line_of(one.get("resolutionStatus")).lower()
    how = _ENDS.get(outcome) or _ENDS.get(status.lower().replace(" ", ""), "")
    tags = _tags(one)
    tlp = tlp_of(one.get("tlpLabel")) or tlp_of(one.get("tlp")) or Tlp.AMBER
    indicators, left = _observables(one, tlp)
    jobs, logs, kept_out = _tasks(one)
    return Record(
        place=place,
        ref=required(ref, "`_id`")[:64],
        title=required(line_of(one.get("title")), "title"),
        opened=opened,
        status=status,
        end=ended(how, moment(one.get("endDate")) or moment(one.get("closedDate"))),
        severity=line_of(one.get("severityLabel")).lower()
        or _SEVERITY.get(said(one.get("severity")), ""),
        kind=kind_of(*tags, line_of(one.get("title"))),
        tlp=tlp,
        organisations=tuple(filter(None, [line_of(one.get("organisation"))])),
        lines=(*_head(one, opened, tags), *_talk(one), *logs),
        jobs=tuple(jobs),
        indicators=indicators,
        left=(*left, *kept_out, *strange(one, *_LISTS), *_unknown(one)),
    )


def _tags(one: dict[str, Any]) -> list[str]:
    tags = one.get("tags")
    return [line_of(tag) for tag in tags if line_of(tag)] if isinstance(tags, list) else []


def _head(one: dict[str, Any], opened: datetime, tags: list[str]) -> Iterator[Line]:
    number = line_of(one.get("number")) or line_of(one.get("caseId"))
    owner = one.get("assignee") or one.get("owner") or one.get("user")
    shown = [
        ("Title", long_title(one.get("title"))),
        ("Case", f"#{number}" if number else ""),
        ("Assignee", line_of(owner)),
        ("PAP", line_of(one.get("papLabel")) or line_of(one.get("pap"))),
        ("Impact", line_of(one.get("impactStatus"))),
        ("Resolution", line_of(one.get("resolutionStatus"))),
        ("Tags", ", ".join(tags)),
        *_fields(one),
    ]
    text = "\n".join(f"{name}: {value}" for name, value in shown if value)
    by = line_of(one.get("_createdBy")) or line_of(one.get("createdBy"))
    whole = "\n\n".join(filter(None, (said(one.get("description")), text)))
    yield from lines_of(Line("case", opened, by[:254], whole))
    yield from lines_of(Line("summary", moment(one.get("endDate")), "", said(one.get("summary"))))


def _fields(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Custom fields: an object of objects (4), or a list of names and values (5)."""
    fields = one.get("customFields") or one.get("customFieldValues")
    if isinstance(fields, dict):
        for name, value in fields.items():
            several = value if isinstance(value, dict) else {"": value}
            told = (line_of(v, WIDE) for key, v in several.items() if key != "order")
            yield line_of(name), ", ".join(filter(None, told))
    for field in items(fields) if isinstance(fields, list) else []:
        yield line_of(field.get("name")), line_of(field.get("value"), WIDE)


def _talk(one: dict[str, Any]) -> Iterator[Line]:
    """Comments, pages and procedures."""
    for place, comment in enumerate(items(one.get("comments")), 1):
        yield from _line(comment, f"comment {_ref(comment, place)}", said(comment.get("message")))
    for place, page in enumerate(items(one.get("pages")), 1):
        text = f"{line_of(page.get('title'))}\n{said(page.get('content'))}".strip()
        yield from _line(page, f"page {_ref(page, place)}", text)
    for place, step in enumerate(items(one.get("procedures")), 1):
        names = (line_of(step.get("patternId")), line_of(step.get("patternName")))
        text = " ".join(filter(None, names))
        told = "\n".join(filter(None, (text, said(step.get("description")))))
        yield from _line(step, f"procedure {_ref(step, place)}", told and f"ATT&CK {told}")


def _ref(one: dict[str, Any], place: int) -> str:
    return line_of(one.get("_id")) or line_of(one.get("id")) or f"#{place}"


def _line(one: dict[str, Any], ref: str, text: str) -> list[Line]:
    moments = (
        one.get(key) for key in ("date", "startDate", "occurDate", "_createdAt", "createdAt")
    )
    at = next(filter(None, map(moment, moments)), None)
    by = next(filter(None, (line_of(one.get(k)) for k in ("owner", "_createdBy", "createdBy"))), "")
    return lines_of(Line(ref[:80], at, by[:254], text))


def _tasks(one: dict[str, Any]) -> tuple[list[Job], list[Line], list[str]]:
    jobs, lines, left = [], [], []
    for place, task in enumerate(items(one.get("tasks")), 1):
        ref = _ref(task, place)[:64]
        title = line_of(task.get("title"), 240)
        if not title:
            left.append(f"task {ref}: it has no title")
            continue
        state = line_of(task.get("status"))[:40]
        due = moment(task.get("dueDate"))
        jobs.append(Job(ref, title, state, done=state.lower() in _DONE, due=due))
        about = said(task.get("description"))
        lines += _line(task, f"task {ref}", about and f"{title}\n{about}")
        for number, log in enumerate(items(task.get("logs")), 1):
            name = f"log {_ref(log, number)}"
            name = f"task {ref} {name}" if name.endswith(f"#{number}") else name
            lines += _line(log, name, f"{title}\n{said(log.get('message'))}".strip())
            if isinstance(log.get("attachment"), dict) or log.get("attachments"):
                left.append(f"attachment of {name}")
    return jobs, lines, left


def _observables(one: dict[str, Any], tlp: Tlp) -> tuple[tuple[Indicator, ...], list[str]]:
    """Observables with a value; a file is named as left."""
    found: list[Indicator] = []
    left = []
    for key in ("observables", "artifacts"):
        for place, seen in enumerate(items(one.get(key)), 1):
            kind = line_of(seen.get("dataType")) or "other"
            value = line_of(seen.get("data"), WIDE)
            if not value:
                name = line_of(within(seen, "attachment", "name"))
                left.append(f"{kind} {name or _ref(seen, place)}: comes in as evidence")
                continue
            own = tlp_of(seen.get("tlpLabel")) or tlp_of(seen.get("tlp"))
            note = [line_of(seen.get("message"), WIDE), *_tags(seen)]
            note += ["ioc"] if seen.get("ioc") is True else []
            note += ["sighted"] if seen.get("sighted") is True else []
            label = own if own and own != tlp else ""
            found.append(Indicator(kind[:40], value, ", ".join(filter(None, note)), label))
    return merged(found), left


def _unknown(one: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {line_of(value) or type(value).__name__}"[:120]
        for name, value in one.items()
        if value not in (None, "", [], {}) and name.lower() not in _KEPT | _SILENT
    ]
