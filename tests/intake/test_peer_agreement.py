"""Our readers beside the recorded tests of n6, IntelMQ, PyMISP, MISP-STIX and XARF.

What a peer does is its behaviour, not truth: every difference is either explained, by peer, field
and cause, in `peer_differences.py`, or a fault. `docs/peer-agreement.md` is the result; write it
anew with PEHRA_WRITE_DOCS=1. Shadowserver's reports as IntelMQ reads them have a page of their own.
"""

from __future__ import annotations

import base64
import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from fnmatch import fnmatch
from pathlib import PurePath
from typing import Any

import msgspec
import pytest
from tests.intake.agreement import DATA, DOCS, Event, kind, lines, members, ours
from tests.intake.peer_differences import COUNTS, EXPLAINED

from pehra.intake.discover import sources
from pehra.intake.source import Delivery
from pehra.kernel.errors import UnreadableFile

pytestmark = pytest.mark.service
Deliver = Callable[..., Delivery]
TESTS = DATA / "peer-tests"
PAGE = DOCS / "peer-agreement.md"


class Record(msgspec.Struct, frozen=True):
    """A record of a peer's tests: what it reads, and what it makes of it.

    Attributes:
        peer: whose.
        name: of the record.
        source: our reader.
        data: the input.
        theirs: events, under the names of the IntelMQ data format; None where the peer refuses it.
        file_name: of the input.
        counted: `theirs` are counted, not compared field by field.
    """

    peer: str
    name: str
    source: str
    data: bytes
    theirs: list[Event] | None
    file_name: str = "file"
    counted: bool = False


N6_SOURCES = {
    "abuse-ch.feodotracker": "feodo",
    "abuse-ch.ssl-blacklist": "sslbl",
    "abuse-ch.urlhaus-payloads-urls": "urlhaus",
    "abuse-ch.urlhaus-urls": "urlhaus",
    "dan-tv.tor": "tor-exits",
    "openphish.web": "openphish",
    "openphish.web-bl": "openphish",
    "spamhaus.bots": "spamhaus-cert",
    "spamhaus.drop": "spamhaus-drop",
    "spamhaus.edrop": "spamhaus-drop",
}
N6_REPORTS = {
    "ldap-tcp": "scan_ldap_tcp",
    "netis": "scan_netis_router",
    "open-resolver": "scan_dns",
    "sinkhole-http": "event4_sinkhole_http",
    "ssl-freak": "scan_ssl_freak",
    "ssl-poodle": "scan_ssl_poodle",
}
"""Shadowserver's report types, where they are not `scan_` and n6's name."""

N6_TYPES = {
    "amplifier": "ddos-amplifier",
    "bots": "infected-system",
    "cnc": "c2-server",
    "malurl": "malware-distribution",
    "phish": "phishing",
    "vulnerable": "vulnerable-system",
}
N6_NAMES = {
    "fqdn": "source.fqdn",
    "url": "source.url",
    "proto": "protocol.transport",
    "dip": "destination.ip",
    "md5": "malware.hash.md5",
    "sha256": "malware.hash.sha256",
    "x509fp_sha1": "extra.sha1_fingerprint",
    "ip_network": "source.network",
}
N6_OUR_EVENTS = "n6 events"


def _n6_event(told: Event) -> Event:
    """An event of n6 under the names of the IntelMQ data format."""
    category = told["category"]
    calls = category == "bots"
    event = {N6_NAMES[name]: value for name, value in told.items() if name in N6_NAMES}
    event["time.source"] = told["time"]
    event["classification.type"] = N6_TYPES.get(category, "other")
    for address in told.get("address", [])[:1]:
        event["source.ip"] = address["ip"]
    if calls:
        moved = {"source.fqdn": "destination.fqdn", "source.url": "destination.url"}
        event = {moved.get(name, name): value for name, value in event.items()}
    event.update({"source.port": told["sport"]} if "sport" in told else {})
    event.update(
        {"destination.port" if calls else "source.port": told["dport"]} if "dport" in told else {}
    )
    if "name" in told:
        event["malware.name" if category in {"bots", "cnc", "malurl"} else "n6.name"] = told["name"]
    return event


def _n6() -> Iterator[Record]:
    for record in lines(TESTS / "n6-parsers.jsonl.zst"):
        feed = record["feed"]
        report = feed.removeprefix("shadowserver.")
        source = N6_SOURCES.get(feed, "shadowserver" if report != feed else "")
        told = record["expected"]
        events = None
        if isinstance(told, list):
            events = [{**record["constant_items"], **event} for event in told]
            yield from _n6_again(record, events)
        if source:
            kind_ = N6_REPORTS.get(report, f"scan_{report.replace('-', '_')}")
            name = f"2022-01-01-{kind_}-n6.csv" if source == "shadowserver" else "file"
            theirs = None if events is None else [_n6_event(event) for event in events]
            label = f"{feed} {record['case']}"
            yield Record("n6 parsers", label, source, record["input"].encode(), theirs, name)


def _n6_again(record: Event, events: list[Event]) -> Iterator[Record]:
    """Events as n6 gives them out, into our reader of n6."""
    good = [event for event in events if isinstance(event.get("time"), str) and _named(event)]
    data = b"\n".join(msgspec.json.encode(event) for event in good)
    label = f"{record['feed']} {record['case']}"
    if good:
        theirs = [_n6_event({**event, "time": event["time"]}) for event in good]
        yield Record(N6_OUR_EVENTS, label, "n6", data, theirs)


def _named(event: Event) -> bool:
    return any(name in event for name in ("address", "url", "fqdn", "md5", "x509fp_sha1"))


BOTS = {
    "abusech.parser_feodotracker": "feodo",
    "n6.parser_n6stomp": "n6",
    "openphish.parser": "openphish",
    "openphish.parser_commercial": "openphish",
    "spamhaus.parser_cert": "spamhaus-cert",
    "spamhaus.parser_drop": "spamhaus-drop",
    "json.parser": "intelmq",
}


def _intelmq() -> Iterator[Record]:
    for number, record in enumerate(lines(TESTS / "intelmq-parsers-experts.jsonl.zst")):
        bot = record["bot"].removeprefix("intelmq.bots.").removeprefix("parsers.")
        events = [one for out in record["output"].values() for one in out if _is_event(one)]
        if bot in BOTS:
            given = record["input"][0]
            data = base64.b64decode(given.get("raw", ""))
            named = f"{bot} {number}"
            source = "spamhaus-asndrop" if b"asndrop" in data else BOTS[bot]
            plain = [{k: v for k, v in one.items() if k not in NOT_COMPARED} for one in events]
            yield Record("IntelMQ parsers", named, source, data, plain)
        timed = [one for one in events if "time.source" in one and _placed(one)]
        if timed:
            data = b"\n".join(msgspec.json.encode(one) for one in timed)
            plain = [{k: v for k, v in one.items() if k not in NOT_COMPARED} for one in timed]
            yield Record("IntelMQ events", f"{bot} {number}", "intelmq", data, plain)


def _is_event(one: Event) -> bool:
    return one.get("__type") == "Event"


def _placed(one: Event) -> bool:
    return any(f"source.{name}" in one for name in ("ip", "fqdn", "url", "network"))


def _files(peer: str, archive: str, pattern: str, source: str) -> Iterator[Record]:
    for name, data in members(TESTS / archive):
        if fnmatch(name, pattern):
            bad = "negative" in name
            wanted: list[Event] | None = None if bad else [{}] * _things(source, data)
            label = "/".join(PurePath(name).parts[1:])
            yield Record(peer, label, source, data, wanted, counted=True)


def _things(source: str, data: bytes) -> int:
    """How many rows a file should give, counted another way than the reader counts."""
    told = json.loads(data)
    if source == "xarf":
        return 1
    if source == "stix":
        kinds = ("indicator", "sighting", "observed-data")
        objects = told["objects"] if isinstance(told, dict) else []
        return sum(one["type"] in kinds for one in objects)
    return sum(_of_event(event) for event in _events(told))


def _events(told: Any) -> Iterator[Event]:  # noqa: ANN401 any value of JSON
    """Events of MISP anywhere in a document."""
    if isinstance(told, list):
        for one in told:
            yield from _events(one)
    elif isinstance(told, dict):
        inner = told.get("Event") or told.get("response")
        if inner:
            yield from _events(inner)
        elif "Attribute" in told or "Object" in told:
            yield told


NAMING = {"ip-src", "ip-dst", "domain", "hostname", "url", "AS", "md5", "sha1", "sha256", "sha512"}


def _of_event(event: Event) -> int:
    """Attributes that name something, and objects of which one does; several of one count once."""
    loose = [one for one in _list(event, "Attribute") if _names(one)]
    objects = [one for one in _list(event, "Object") if not one.get("deleted")]
    return len(loose) + sum(any(map(_names, _list(one, "Attribute"))) for one in objects)


def _list(told: Event, name: str) -> list[Event]:
    found = told.get(name) or []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _names(attribute: Event) -> bool:
    kinds = str(attribute.get("type")).split("|")
    return not attribute.get("deleted") and not NAMING.isdisjoint(kinds)


def _all() -> Iterator[Record]:
    yield from _n6()
    yield from _intelmq()
    yield from _files("PyMISP events", "pymisp-events.tar.zst", "*.json", "misp")
    yield from _files("MISP-STIX", "misp-stix-fixtures.tar.zst", "*collection_[12].json", "misp")
    yield from _files("MISP-STIX", "misp-stix-fixtures.tar.zst", "*stix2*.json", "stix")
    yield from _files("XARF 1-3", "xarf-samples.tar.zst", "samples/*", "xarf")
    yield from _files("XARF 3-4", "xarf-v4-spec-samples.tar.zst", "samples/*", "xarf")


NOT_COMPARED = {"__type", "raw", "feed.name", "feed.url", "time.observation"}


class Agreement:
    """Counts per peer and field, and why they differ."""

    def __init__(self) -> None:
        self.fields: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.reasons: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self.records: Counter[str] = Counter()
        self.even: Counter[str] = Counter()
        self.uneven: list[tuple[str, str, str, str, str]] = []
        self.unexplained: list[tuple[str, str, str, Any, Any]] = []

    def take(self, record: Record, deliver: Deliver) -> None:
        """Read a record as we do and compare."""
        self.records[record.peer] += 1
        rows: list[dict[str, Any]] = []
        said: list[str] = []
        delivery = deliver(record.data, record.file_name)
        try:
            parts = list(sources()[record.source].read(delivery).parts)
        except UnreadableFile as refused:
            parts, said = [], [refused.message]
        for part in parts:
            rows += part.table.iter_rows(named=True)
            said += [one.detail for one in part.rejects]
        theirs = record.theirs or []
        if len(rows) == len(theirs):
            self.even[record.peer] += 1
        else:
            self._uneven(record, len(rows), said)
        if record.counted:
            return
        left = [_flat(ours(row)) for row in rows]
        for event in map(_flat, theirs):
            mine = max(left, key=lambda one: _likeness(one, event), default=None)
            if mine is not None and _same(mine, event):
                left.remove(mine)
                self._compare(record, mine, event)
            elif len(rows) == len(theirs):
                self.unexplained.append((record.peer, record.name, "no row", None, event))

    def _uneven(self, record: Record, rows: int, said: list[str]) -> None:
        told = "refuses" if record.theirs is None else f"{len(record.theirs)}"
        why = next(
            (why for (peer, name), why in COUNTS.items()
             if peer == record.peer and fnmatch(record.name, name)), "",
        )  # fmt: skip
        self.uneven.append((record.peer, record.name, told, str(rows), why))
        if not why:
            self.unexplained.append((record.peer, record.name, "rows", (rows, said[:2]), told))

    def _compare(self, record: Record, mine: Event, theirs: Event) -> None:
        for field in theirs.keys() | (mine.keys() & COMPARED):
            left, right = _plain(_mine(mine, field)), _plain(theirs.get(field))
            how = kind(left, right)
            key = (record.peer, field)
            self.fields[key][how] += 1
            if how != "agree":
                reason = _reason(record.peer, field, how)
                self.reasons[key].add(reason)
                if not reason:
                    self.unexplained.append(
                        (record.peer, record.name, f"{field} {how}", left, right)
                    )

    def page(self) -> str:
        """The page in docs."""
        peers = "\n".join(
            f"| {peer} | {count} | {self.even[peer]} | {count - self.even[peer]} |"
            for peer, count in self.records.items()
        )
        uneven = "\n".join(
            f"| {peer} | {name} | {told} | {rows} | {why} |"
            for peer, name, told, rows, why in sorted(self.uneven)
        )
        table = "\n".join(
            f"| {peer} | `{field}` | {count['agree']} | {count['differs']} | {count['ours']} "
            f"| {count['theirs']} | {'; '.join(sorted(self.reasons[peer, field]))} |"
            for (peer, field), count in sorted(self.fields.items())
        )
        total = sum(self.fields.values(), Counter())
        head = HEAD.format(**{"ours": 0, "theirs": 0, "differs": 0, **total})
        return (
            f"{head}\n| peer | records | as many rows | other |\n|---|---|---|---|\n{peers}\n"
            "\n## Records of which we make more or fewer rows\n\n"
            f"| peer | record | theirs | ours | why |\n|---|---|---|---|---|\n{uneven}\n"
            "\n## Field by field\n\n"
            "| peer | field | agree | differ | only ours | only theirs | why |\n"
            f"|---|---|---|---|---|---|---|\n{table}\n"
        )


COMPARED = frozenset(
    {"source.ip", "source.port", "source.asn", "source.network", "source.fqdn", "source.url"}
    | {"destination.ip", "destination.port", "destination.fqdn", "time.source", "malware.name"}
    | {"protocol.transport", "source.geolocation.cc"}
)
"""Fields that are compared also where only we have them; of the rest, what the peer has."""
KEYS = ("source.ip", "source.network", "source.url", "source.fqdn", "extra.sha1_fingerprint")
RENAMED = {
    "extra.blocklist": "extra.sbl",
    "extra.feed_id": "extra.n6.id",
    "extra.feed_source": "extra.feed.code",
    "extra.source.local_port": "source.port",
    "extra.last_online": "extra.end_time",
    "extra.expires": "expires",
    "extra.tags": "extra.tag",
    "tlp": "tlp",
}
"""Fields of peers that have another name with us."""


def _flat(event: Event) -> Event:
    """Nested objects as dotted names, as ours are."""
    flat: Event = {}
    for name, value in event.items():
        if isinstance(value, dict):
            flat |= _flat({f"{name}.{inner}": one for inner, one in value.items()})
        elif value not in (None, "", []):
            flat[name] = value
    return flat


def _mine(mine: Event, field: str) -> Any:  # noqa: ANN401 a value of JSON
    """Our value of a peer's field: `extra` of one is a field of the format for the other."""
    bare = field.removeprefix("extra.")
    names = (field, RENAMED.get(field, field), bare, f"extra.{field}", f"extra.extra.{bare}")
    return next((mine[name] for name in names if name in mine), None)


def _likeness(mine: Event, theirs: Event) -> tuple[bool, int]:
    agreeing = sum(kind(_plain(mine.get(k)), _plain(v)) == "agree" for k, v in theirs.items())
    return _same(mine, theirs), agreeing


def _same(mine: Event, theirs: Event) -> bool:
    """Whether two rows are about the same thing."""
    key = next((key for key in KEYS if key in theirs), "source.asn")
    return bool(_plain(mine.get(key)) == _plain(theirs.get(key)))


def _plain(value: Any) -> Any:  # noqa: ANN401 a value of JSON
    """Times in one form, URLs without blanks, lists as text."""
    if isinstance(value, list):
        return ";".join(map(str, value))
    if not isinstance(value, str):
        return value
    if value[:4].isdigit() and value[4:5] == "-":
        try:
            return datetime.fromisoformat(value).isoformat()[:19]
        except ValueError:
            return value
    return value.replace("\t", "").strip().replace(" ", "%20") if "://" in value else value


def _reason(peer: str, field: str, how: str) -> str:
    for (of, name, kind_), reason in EXPLAINED.items():
        fits = field.startswith(name[:-1]) if name.endswith("*") else field == name
        if of in (peer, "*") and kind_ == how and fits:
            return reason
    return ""


HEAD = """# Agreement with peers

Written by `tests/intake/test_peer_agreement.py` from the recorded tests of n6, IntelMQ, PyMISP,
MISP-STIX and XARF: every record of a format that we read. Shadowserver's reports as IntelMQ reads
them are on [a page of their own](shadowserver-agreement.md). Parsers' events are compared field by
field under the names of the IntelMQ data format, without letter case; of files without recorded
events the rows are counted. A negative sample is one that the peer's schema refuses.

{agree} values agree, {differs} differ, {ours} are only ours, {theirs} only theirs. No difference is
without an explanation: the test fails on one.
"""


@pytest.fixture(scope="module")
def agreement(deliver: Deliver) -> Agreement:
    found = Agreement()
    for record in _all():
        found.take(record, deliver)
    return found


def test_every_difference_is_explained(agreement: Agreement) -> None:
    assert agreement.unexplained == []


def test_the_placing_fields_never_differ(agreement: Agreement) -> None:
    wrong = {
        key: count["differs"] + count["theirs"]
        for key, count in agreement.fields.items()
        if key[1] in {"source.ip", "source.network", "source.asn", "source.url", "destination.ip"}
    }
    assert {key: count for key, count in wrong.items() if count} == {}


def test_the_page_is_up_to_date(agreement: Agreement) -> None:
    if os.environ.get("PEHRA_WRITE_DOCS"):
        PAGE.write_text(agreement.page())
    assert PAGE.read_text() == agreement.page()
