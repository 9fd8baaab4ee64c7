"""Tickets of RTIR: a search saved as a spreadsheet, or what RT's REST 2.0 answers of tickets.

Of REST a file has tickets as one object, a list, or `items`; a ticket has its history in `History`:
the transactions of `/ticket/ID/history` with the fields that the request asked for. A ticket whose
parent is in the file too is told of in the parent's timeline; every other is a case.
https://docs.bestpractical.com/rt/latest/RT/REST2.html
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from pehra.cases.brought.record import (
    WIDE,
    End,
    Indicator,
    Line,
    Read,
    Record,
    Rejected,
    Unreadable,
    began,
    check_size,
    decoded,
    items,
    kind_of,
    line_of,
    lines_of,
    long_title,
    merged,
    moment,
    required,
    said,
)
from pehra.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from pehra.cases.rules import Kind

_ENDS = {
    "resolved": "closed",
    "removed": "closed",
    "rejected": "rejected",
    "abandoned": "rejected",
    "deleted": "rejected",
}
_VALUES = {"ip": "ip", "domain": "host", "url": "url", "cve id": "cve", "cve": "cve"}
"""Custom fields of RTIR whose values are indicators, and what they are."""
_WORDS = ("classification", "type", "function")
"""Custom fields by whose words the kind is guessed."""
_FIELDS = frozenset({*_VALUES, "classification", "function", "how reported", "reporter type"})
"""Custom fields of RTIR that a search may name without saying that they are."""
_ABOUT = frozenset(
    {"id", "subject", "status", "queue", "queuename", "requestors", "requestor", "created"}
    | {"resolved", "lastupdated", "owner", "ownername", "priority", "memberof", "parents"}
    | {"history", "customfields", "cc", "due", "description", "closed", "customer", "constituency"}
)
_SILENT = frozenset(
    {"_hyperlinks", "_url", "type", "effectiveid", "started", "starts", "told", "timeleft"}
    | {"timeworked", "timeestimated", "initialpriority", "finalpriority", "lastupdatedby"}
    | {"creator", "admincc", "sla", "ismerged", "createdrelative", "lastupdatedrelative"}
    | {"duerelative", "toldrelative", "startedrelative", "resolvedrelative", "newline"}
)
"""How RT keeps its books, and what is a moment again in other words."""
_QUIET = frozenset({"EmailRecord", "CommentEmailRecord", "SystemError", "RollbackDepends"})
"""Transactions that only say that mail went out."""


class _Ticket(NamedTuple):
    """A ticket, whatever it was read from; names of `about` are in lower case."""

    place: str
    about: dict[str, str]
    fields: dict[str, list[str]]
    history: list[dict[str, Any]]
    parents: tuple[str, ...]
    left: tuple[str, ...]


def read(data: bytes, name: str, zone: tzinfo) -> Read:
    """Cases of a file; `zone` is that of moments that say none.

    Raises:
        UsageError: neither JSON nor a spreadsheet of tickets.
    """
    rejects: list[Rejected] = []
    begin = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begin in {b"{", b"["}:
        tickets = list(_of_rest(decoded(data, name), rejects))
    else:
        tickets = list(_of_sheet(data, name, rejects))
    records = []
    for ticket, children in _folded(tickets, rejects):
        try:
            records.append(_record(ticket, children, zone))
        except Unreadable as error:
            rejects.append(Rejected(ticket.place, f"ticket {ticket.about['id']}: {error}"))
    return Read(records, rejects)


def _folded(tickets: list[_Ticket], rejects: list[Rejected]) -> list[tuple[_Ticket, list[_Ticket]]]:
    """Tickets that are cases, each with those that are told of in it.

    Only what hangs on a ticket that hangs on none is told of in another.
    """
    known: dict[str, _Ticket] = {}
    for one in tickets:
        if one.about["id"] in known:
            why = f"ticket {one.about['id']} stands in the file before"
            rejects.append(Rejected(one.place, why))
        known.setdefault(one.about["id"], one)
    above = {
        number: [p for p in one.parents if p in known and p != number]
        for number, one in known.items()
    }
    chosen = {
        number: next((p for p in several if not above[p]), "") for number, several in above.items()
    }
    below: dict[str, list[_Ticket]] = {}
    for child, parent in chosen.items():
        below.setdefault(parent, []).append(known[child])
    return [(one, below.get(number, [])) for number, one in known.items() if not chosen[number]]


def _of_rest(document: object, rejects: list[Rejected]) -> Iterator[_Ticket]:
    if isinstance(document, dict):
        listed = document.get("items", document.get("tickets", [document]))
    else:
        listed = document
    for number, one in enumerate(listed if isinstance(listed, list) else [listed], 1):
        place = f"ticket {number} of the file"
        if not isinstance(one, dict) or not said(one.get("id")):
            rejects.append(Rejected(place, "no ticket with an id"))
        elif "Subject" not in one and "Status" not in one:
            rejects.append(Rejected(place, "only a reference: ask RT for its fields, too"))
        else:
            yield _rest_ticket(one, place)


def _rest_ticket(one: dict[str, Any], place: str) -> _Ticket:
    about = {key.lower(): line_of(_named(value), WIDE) for key, value in one.items()}
    about["id"] = line_of(one["id"])
    fields = {}
    for field in items(one.get("CustomFields")):
        several = field.get("values")
        values = several if isinstance(several, list) else [several]
        fields[line_of(field.get("name")) or "?"] = [line_of(_named(v), WIDE) for v in values]
    history = one.get("History", one.get("history", one.get("Transactions", [])))
    links = items(one.get("_hyperlinks"))
    parents = tuple(said(link.get("id")) for link in links if link.get("ref") == "parent")
    left = [f"link {link['ref']} to {line_of(link.get('id')) or line_of(link.get('_url'))}"
            for link in links
            if link.get("ref") in {"child", "depends-on", "depended-on-by", "refers-to",
                                   "referred-to-by"}]  # fmt: skip
    left += _unknown(about)
    inner = history.get("items") if isinstance(history, dict) else history
    return _Ticket(place, about, fields, items(inner), parents, tuple(left))


def _named(value: object) -> object:
    """A user, queue or ticket of REST by its name; several with commas."""
    if isinstance(value, list):
        return ", ".join(filter(None, (line_of(_named(one), 254) for one in value[:200])))
    if isinstance(value, dict):
        names = ("EmailAddress", "Name", "filename", "id")
        return next((value[one] for one in names if said(value.get(one))), "")
    return value


def _unknown(about: dict[str, str]) -> list[str]:
    return [
        f"{name}: {value[:80]}"
        for name, value in about.items()
        if value and value != "0" and name not in _ABOUT | _SILENT
    ]


def _of_sheet(data: bytes, name: str, rejects: list[Rejected]) -> Iterator[_Ticket]:
    check_size(len(data), name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = f"{name} is not in UTF-8."
        raise UsageError(message, mend="Save the search as a spreadsheet again.") from None
    header = text.split("\n", 1)[0]
    between = max("\t,;", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    names: list[str] | None = None
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            rejects.append(Rejected(f"line {begins}", f"not a row: {error}"))
            begins = reader.line_num + 1
            continue
        if names is None:
            names = _header(cells, name)
        elif any(cell.strip() for cell in cells):
            yield from _sheet_ticket(names, cells, f"line {begins}", rejects)
        begins = reader.line_num + 1
    if names is None:
        _header([], name)


def _header(cells: list[str], name: str) -> list[str]:
    found = [" ".join(cell.split()) for cell in cells]
    plain = ["id" if cell in {"#", "Ticket"} else cell for cell in found]
    if not {"id", "subject"} <= {cell.lower() for cell in plain}:
        message = f"{name} is no list of tickets: its first line names no `id` and `Subject`."
        raise UsageError(message, mend="Save a search of RT as a spreadsheet, or give JSON.")
    if not {"created", "lastupdated"} & {cell.lower() for cell in plain}:
        message = (
            f"{name} has neither `Created` nor `LastUpdated`: no case could say when it began."
        )
        mend = (
            "Show Created, LastUpdated and Resolved in the search; `CreatedRelative` is no moment."
        )
        raise UsageError(message, mend=mend)
    return plain


def _sheet_ticket(
    names: list[str], cells: list[str], place: str, rejects: list[Rejected]
) -> Iterator[_Ticket]:
    if len(cells) > len(names):
        why = f"{len(cells)} cells where the header has {len(names)}"
        rejects.append(Rejected(place, why))
        return
    about: dict[str, str] = {}
    fields: dict[str, list[str]] = {}
    for title, cell in zip(names, cells, strict=False):
        key = title.lower()
        if key.startswith(("customfield.{", "cf.{", "customfieldview.{")):
            inner = title[title.index("{") + 1 :].rstrip("}")
            fields[inner] = _several(cell)
        elif key in _FIELDS:
            fields[title] = _several(cell)
        else:
            about[key] = line_of(cell, WIDE)
    if not about.get("id"):
        rejects.append(Rejected(place, "no ticket with an id"))
        return
    above = (about.get("memberof") or about.get("parents", "")).replace(",", " ").split()
    yield _Ticket(place, about, fields, [], tuple(above), tuple(_unknown(about)))


def _several(cell: str) -> list[str]:
    return [line_of(one, WIDE) for one in cell.replace("\n", ",").split(",")]


def _record(ticket: _Ticket, children: list[_Ticket], zone: tzinfo) -> Record:
    about = ticket.about
    number = about["id"]
    status = about.get("status", "")
    updated = moment(about.get("lastupdated"), zone)
    opened = began(moment(about.get("created"), zone), *_times(ticket.history, zone), updated)
    how = _ENDS.get(status.lower(), "")
    over = moment(about.get("resolved") or about.get("closed"), zone)
    lines = [*_head(ticket, opened, ""), *_story(ticket, zone, "")]
    left = [*ticket.left, *_kept_out(ticket)]
    indicators = _indicators(ticket)
    for child in children:
        prefix = f"{child.about['id']}/"
        at = moment(child.about.get("created"), zone)
        lines += [*_head(child, at, prefix), *_story(child, zone, prefix)]
        left += [f"ticket {child.about['id']}: {one}" for one in (*child.left, *_kept_out(child))]
        indicators += _indicators(child)
    return Record(
        place=ticket.place,
        ref=number[:64],
        title=required(line_of(about.get("subject")), "subject"),
        opened=opened,
        status=status[:40],
        end=End(how, over or updated) if how else None,
        severity=f"priority {about['priority']}" if about.get("priority", "0") != "0" else "",
        kind=_kind(ticket),
        organisations=tuple(filter(None, [about.get("customer", "")])),
        lines=tuple(lines),
        indicators=merged(indicators),
        left=tuple(left),
    )


def _kind(ticket: _Ticket) -> Kind:
    words = [
        v for name, several in ticket.fields.items() if name.lower() in _WORDS for v in several
    ]
    return kind_of(*words, ticket.about.get("subject", ""))


def _times(history: list[dict[str, Any]], zone: tzinfo) -> list[Any]:
    return [moment(one.get("Created"), zone) for one in history[:1]]


def _head(ticket: _Ticket, at: Any, prefix: str) -> list[Line]:  # noqa: ANN401 a moment or none
    """What the ticket itself says, as its first line."""
    about = ticket.about
    shown = [
        ("Ticket", f"{about['id']} {about.get('subject', '')}" if prefix else ""),
        ("Title", long_title(about.get("subject"))),
        ("Status", about.get("status", "") if prefix else ""),
        ("Queue", about.get("queuename") or about.get("queue", "")),
        ("Owner", about.get("ownername") or about.get("owner", "")),
        ("Requestors", about.get("requestors") or about.get("requestor", "")),
        ("Cc", about.get("cc", "")),
        ("Due", about.get("due", "") if moment(about.get("due")) else ""),
        ("Constituency", about.get("constituency", "")),
        ("Description", about.get("description", "")),
        *((name, ", ".join(filter(None, several))) for name, several in ticket.fields.items()),
    ]
    text = "\n".join(f"{name}: {value}" for name, value in shown if value)
    return lines_of(Line(f"{prefix}ticket", at, "", text))


def _story(ticket: _Ticket, zone: tzinfo, prefix: str) -> Iterator[Line]:
    for place, one in enumerate(ticket.history, 1):
        kind = said(one.get("Type"))
        if kind in _QUIET:
            continue
        text = "\n".join(filter(None, (_change(one, kind), _content(one))))
        if not text:
            continue
        yield from lines_of(
            Line(
                ref=f"{prefix}{said(one.get('id')) or f'#{place}'}"[:80],
                at=moment(one.get("Created"), zone),
                by=line_of(_named(one.get("Creator")), 254),
                text=text,
                mail=kind in {"Correspond", "Create"} and bool(_content(one)),
            )
        )


def _change(one: dict[str, Any], kind: str) -> str:
    if kind in {"Correspond", "Comment", "Create", ""}:
        return line_of(one.get("Data"), WIDE) if kind != "Create" else ""
    field = line_of(one.get("Field")) or kind
    before, after = (line_of(_named(one.get(key)), WIDE) for key in ("OldValue", "NewValue"))
    told = line_of(one.get("Description"), WIDE) or line_of(one.get("Data"), WIDE)
    return f"{field}: {before or '-'} -> {after or '-'}" if before or after else told or kind


def _content(one: dict[str, Any]) -> str:
    direct = said(one.get("Content"))
    if direct:
        return direct
    parts = (_plain(attached) for attached in items(one.get("Attachments")))
    return "\n".join(part for part in parts if part)


def _plain(attached: dict[str, Any]) -> str:
    """What a plain text attached says; REST gives it in Base64."""
    if said(attached.get("ContentType")) != "text/plain" or attached.get("Filename"):
        return ""
    try:
        return said(base64.b64decode(said(attached.get("Content")), validate=False).decode())
    except (binascii.Error, ValueError):
        return ""


def _kept_out(ticket: _Ticket) -> list[str]:
    """Files of its messages: evidence comes in by the evidence room, with its custody."""
    found = []
    for one in ticket.history:
        for attached in items(one.get("Attachments")):
            if not _plain(attached):
                name = line_of(attached.get("Filename")) or line_of(attached.get("ContentType"))
                found.append(f"attachment {line_of(attached.get('id'))} {name}".strip())
    return found


def _indicators(ticket: _Ticket) -> list[Indicator]:
    return [
        Indicator(_VALUES[name.lower()], value[:500])
        for name, several in ticket.fields.items()
        if name.lower() in _VALUES
        for value in filter(None, several)
    ]
