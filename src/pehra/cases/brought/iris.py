"""Cases of DFIR-IRIS: the JSON that `/case/export` gives, alone or several in a list.

It has `case`, `timeline`, `iocs`, `assets`, `tasks`, `notes`, `comments` and `evidences`.
https://docs.dfir-iris.org/operations/api/
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

_LISTS = frozenset({"timeline", "iocs", "assets", "tasks", "notes", "comments", "evidences"})
_AROUND = frozenset({"case", "export_date", "status", "message", "data"})
_STATUS = {"0": "unknown", "1": "false positive", "2": "true positive with impact"} | {
    "4": "true positive without impact",
    "3": "not applicable",
    "5": "legitimate",
}
_FALSE = frozenset({"1", "5"})
_DONE = frozenset({"done", "canceled", "cancelled"})
_CASE_IDS = ("case_uuid", "uuid", "case_id", "id")


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
    """An export, taken out of what the API wraps around it."""
    inner = one.get("data") if isinstance(one, dict) and "case" not in one else one
    if not isinstance(inner, dict) or not isinstance(inner.get("case"), dict):
        reason = "it has no `case`"
        raise Unreadable(reason)
    return inner


def _record(one: dict[str, Any], place: str) -> Record:
    case = one["case"]
    ref = next(filter(None, (line_of(case.get(name)) for name in _CASE_IDS)), "")
    closed = moment(case.get("close_date"))
    opened = began(
        moment(case.get("open_date")), moment(case.get("initial_date")),
        moment(case.get("case_open_date")),
    )  # fmt: skip
    number = said(case.get("status_id"))
    state = line_of(within(case, "state", "state_name")) or line_of(case.get("state_name"))
    over = closed is not None or state.lower() == "closed"
    how = ("rejected" if number in _FALSE else "closed") if over else ""
    kind = line_of(within(case, "classification", "name_expanded")) or line_of(
        within(case, "classification", "name")
    )
    title = line_of(case.get("name")) or line_of(case.get("case_name"))
    indicators, left = _indicators(one)
    jobs, told = _tasks(one)
    customer = line_of(within(case, "client", "customer_name")) or line_of(
        case.get("customer_name")
    )
    return Record(
        place=place,
        ref=required(ref, "`case_uuid` or `case_id`")[:64],
        title=required(title, "name"),
        opened=opened,
        status=" ".join(filter(None, (state, _STATUS.get(number, ""))))[:40],
        end=ended(how, closed),
        severity=line_of(within(case, "severity", "severity_name")).lower(),
        kind=kind_of(kind, *_tags(case.get("tags")), title),
        organisations=tuple(filter(None, [customer])),
        lines=(*_head(case, opened, kind), *_events(one), *_notes(one), *told),
        jobs=tuple(jobs),
        indicators=indicators,
        left=(
            *left,
            *_files(one),
            *strange(one, *sorted(_LISTS)),
            *(f"{name}: no part of a case" for name in one if name not in _LISTS | _AROUND),
        ),
    )


def _tags(value: object) -> list[str]:
    """Tags: a list of objects, or one text with commas."""
    if isinstance(value, list):
        return [line_of(within(tag, "tag_title")) or line_of(tag) for tag in value]
    return [line_of(tag) for tag in said(value).split(",") if tag.strip()]


def _person(value: object) -> str:
    names = (within(value, key) for key in ("user_email", "user_login", "user_name", "name"))
    return next(filter(None, map(line_of, names)), "") or line_of(value)


def _head(case: dict[str, Any], opened: datetime, kind: str) -> Iterator[Line]:
    fields = case.get("custom_attributes")
    shown = [
        ("Title", long_title(case.get("name") or case.get("case_name"))),
        ("Case", line_of(case.get("case_id"))),
        ("SOC", line_of(case.get("soc_id")) or line_of(case.get("case_soc_id"))),
        ("Classification", kind),
        ("Owner", _person(case.get("owner"))),
        ("Reviewer", _person(case.get("reviewer"))),
        ("Tags", ", ".join(filter(None, _tags(case.get("tags"))))),
        *((line_of(name), line_of(value, WIDE)) for name, value in _flat(fields)),
    ]
    text = "\n".join(f"{name}: {value}" for name, value in shown if value)
    about = said(case.get("description")) or said(case.get("case_description"))
    whole = "\n\n".join(filter(None, (about, text)))
    yield from lines_of(Line("case", opened, _person(case.get("user"))[:254], whole))
    closing = said(case.get("closing_note"))
    yield from lines_of(Line("closing note", moment(case.get("close_date")), "", closing))


def _flat(fields: object) -> Iterator[tuple[str, object]]:
    """Custom attributes: tabs of fields, each with its value."""
    for tab in fields.values() if isinstance(fields, dict) else []:
        for name, field in tab.items() if isinstance(tab, dict) else []:
            yield str(name), field.get("value") if isinstance(field, dict) else field


def _ref(one: dict[str, Any], place: int, *names: str) -> str:
    return next(filter(None, (line_of(one.get(name)) for name in names)), f"#{place}")


def _events(one: dict[str, Any]) -> Iterator[Line]:
    for place, event in enumerate(items(one.get("timeline")), 1):
        seen = event.get("assets")
        assets = (
            [line_of(a) or line_of(within(a, "name")) for a in seen]
            if isinstance(seen, list)
            else []
        )
        iocs = (line_of(ioc.get("ioc_value")) for ioc in items(event.get("iocs")))
        parts = [
            line_of(event.get("event_title")),
            said(event.get("event_content")),
            _said_of("Category", line_of(event.get("category"))),
            _said_of("Source", line_of(event.get("event_source"), WIDE)),
            _said_of("Tags", line_of(event.get("event_tags"))),
            _said_of("Assets", ", ".join(filter(None, assets))),
            _said_of("Indicators", ", ".join(filter(None, iocs))),
            _said_of("Raw", said(event.get("event_raw"))),
        ]
        yield from lines_of(
            Line(
                f"event {_ref(event, place, 'event_uuid', 'event_id')}"[:80],
                moment(event.get("event_date")) or moment(event.get("event_date_wtz")),
                _person(event.get("last_edited_by"))[:254],
                "\n".join(filter(None, parts)),
            )
        )


def _said_of(name: str, value: str) -> str:
    return f"{name}: {value}" if value else ""


def _notes(one: dict[str, Any]) -> Iterator[Line]:
    """Notes with their comments, older ones in groups; comments on the case."""
    groups = items(one.get("notes"))
    flat = [note for group in groups for note in items(group.get("notes")) or [group]]
    for place, note in enumerate(flat, 1):
        ref = _ref(note, place, "note_uuid", "note_id")
        text = f"{line_of(note.get('note_title'))}\n{said(note.get('note_content'))}".strip()
        at = moment(note.get("note_creationdate")) or moment(note.get("note_lastupdate"))
        yield from lines_of(
            Line(f"note {ref}"[:80], at, _person(note.get("note_user"))[:254], text)
        )
        yield from _comments(items(note.get("comments")), f"note {ref} ")
    yield from _comments(items(one.get("comments")), "")


def _comments(several: list[dict[str, Any]], prefix: str) -> Iterator[Line]:
    for place, one in enumerate(several, 1):
        ref = _ref(one, place, "comment_uuid", "comment_id")
        by = _person(one.get("comment_by") or one.get("user"))[:254]
        at = moment(one.get("comment_date"))
        yield from lines_of(
            Line(f"{prefix}comment {ref}"[:80], at, by, said(one.get("comment_text")))
        )


def _tasks(one: dict[str, Any]) -> tuple[list[Job], list[Line]]:
    jobs, lines = [], []
    for place, task in enumerate(items(one.get("tasks")), 1):
        ref = _ref(task, place, "task_uuid", "id")[:64]
        title = line_of(task.get("task_title"), 240) or f"Task {ref}"
        state = line_of(task.get("task_status")) or line_of(within(task, "status", "status_name"))
        jobs.append(Job(ref, title, state[:40], done=state.lower() in _DONE))
        people = ", ".join(filter(None, map(_person, items(task.get("task_assignees")))))
        about = [
            said(task.get("task_description")),
            _said_of("Assignees", people),
            _said_of("Tags", line_of(task.get("task_tags"))),
        ]
        text = "\n".join(filter(None, about))
        at = moment(task.get("task_open_date"))
        lines += lines_of(Line(f"task {ref}"[:80], at, "", text and f"{title}\n{text}"))
    return jobs, lines


def _indicators(one: dict[str, Any]) -> tuple[tuple[Indicator, ...], list[str]]:
    """Indicators, and assets as indicators of the kind `asset`."""
    found: list[Indicator] = []
    left = []
    for place, ioc in enumerate(items(one.get("iocs")), 1):
        kind = (
            line_of(within(ioc, "ioc_type", "type_name")) or line_of(ioc.get("ioc_type")) or "other"
        )
        value = line_of(ioc.get("ioc_value"), WIDE)
        if not value:
            left.append(f"indicator {_ref(ioc, place, 'ioc_uuid', 'ioc_id')}: it has no value")
            continue
        own = tlp_of(within(ioc, "tlp", "tlp_name")) or tlp_of(ioc.get("tlp_name"))
        note = (line_of(ioc.get("ioc_description"), WIDE), line_of(ioc.get("ioc_tags")))
        label = own if own and own != Tlp.AMBER else ""
        found.append(Indicator(kind[:40], value, ", ".join(filter(None, note)), label))
    for place, asset in enumerate(items(one.get("assets")), 1):
        value = line_of(asset.get("asset_name"), WIDE)
        if not value:
            left.append(f"asset {_ref(asset, place, 'asset_uuid', 'asset_id')}: it has no name")
            continue
        told = ("type", "asset_ip", "asset_domain", "asset_compromise_status", "analysis_status")
        more = ("asset_description", "asset_info", "asset_tags")
        about = (line_of(asset.get(name), WIDE) for name in (*told, *more))
        found.append(Indicator("asset", value, ", ".join(filter(None, about))))
    return merged(found), left


def _files(one: dict[str, Any]) -> Iterator[str]:
    """Evidence is named with its hash; the file itself comes in by the evidence room."""
    for place, file in enumerate(items(one.get("evidences")), 1):
        name = line_of(file.get("filename")) or f"#{place}"
        yield f"evidence {name} {line_of(file.get('file_hash'))}".strip()
