"""No column of an observation carries content or browsing (R67); a new column must say why."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl

from pehra.observations.schema import ATTRIBUTED, OBSERVATION, RECEIVED, REPORTED, complete

REASONS = {
    "row": "number of the row in the batch",
    "observed_at": "when the source saw it",
    "class": "RSIT class",
    "type": "RSIT type",
    "identifier": "what is wrong, in one word",
    "severity": "how bad the source says it is",
    "tlp": "who may read it",
    "pap": "what may be done with it",
    "confidence": "how sure the source is",
    "role": "what kind of witness the source is",
    "ip": "address of the affected asset",
    "port": "service port of the affected asset",
    "protocol": "transport, such as tcp",
    "application": "application protocol, such as telnet",
    "asn": "network that announces the address",
    "network": "prefix that the report names",
    "country": "country that the report names",
    "host": "forward name of the affected asset",
    "url_host": "host of a harmful resource",
    "url_path_hash": "hash by which two reports of one harmful resource meet",
    "url": "address of the harmful resource itself, never what a visitor asked for",
    "peer_ip": "the harmful end: command server or sinkhole",
    "peer_port": "port of the harmful end",
    "peer_host": "name of the harmful end",
    "family": "name of the malware",
    "product_vendor": "maker of the exposed product",
    "product_name": "the exposed product",
    "product_version": "version of the exposed product",
    "cves": "vulnerabilities that the report names",
    "tags": "words that the source attaches",
    "count": "how often the source saw it",
    "until": "end of the time in which the source saw it",
    "expires": "when the source wants it forgotten",
    "extra": "the report's other columns, from which readers drop content",
    "id": "made again from batch and row",
    "batch": "which file it came from",
    "source": "who reported it",
    "received_at": "when the file came",
    "received_day": "partition of the lake",
    "ip_key": "sort key of the address",
    "organisation": "holder at the time of the event",
    "claim": "claim that won",
    "beaten": "best claim that lost",
    "team": "lead team",
    "why": "reason for the holder, in words",
    "use": "how the holder uses the addresses: pools fold into one finding",
    "pool": "first claim of the holder on the pool, which names it in its finding",
    "finding_key": "finding that the row belongs to",
}
"""Every column and what it is for. To add one, say here why it is neither content nor browsing."""

BANNED = re.compile(
    r"payload|body|content|banner|agent|cookie|refer|passw|credential|secret|token|subscriber"
    r"|visitor|user|login|mail|subject|message|request|response|header|query|packet|pcap|dns_q"
    r"|session|browser|visited|history|imsi|imei|msisdn|phone|person|text|raw|data|sni|ja3"
)
"""What traffic and people would be called."""


def test_every_column_has_a_reason() -> None:
    assert list(OBSERVATION) == list(REASONS)


def test_no_column_is_named_after_content_or_people() -> None:
    assert [name for name in OBSERVATION if BANNED.search(name)] == []


def test_the_ban_knows_the_words_of_known_reports() -> None:
    carried = [
        "http_body",
        "banner",
        "user_agent",
        "http_referer",
        "cookie",
        "password",
        "raw_data",
    ]
    assert [name for name in carried if not BANNED.search(name)] == []


def test_only_one_column_may_hold_an_url_and_it_is_the_harmful_one() -> None:
    assert [name for name in OBSERVATION if "url" in name] == ["url_host", "url_path_hash", "url"]
    assert "harmful resource itself, never" in REASONS["url"]


def test_bytes_are_addresses_and_ids_only() -> None:
    binary = [name for name, dtype in OBSERVATION.items() if dtype == pl.Binary()]
    assert binary == ["ip", "peer_ip", "id"]


def test_no_unsigned_integers_since_delta_has_none() -> None:
    assert [name for name, dtype in OBSERVATION.items() if dtype.is_unsigned_integer()] == []


def test_the_three_parts_do_not_overlap() -> None:
    assert len(OBSERVATION) == len(REPORTED) + len(RECEIVED) + len(ATTRIBUTED)


def test_complete_orders_casts_and_fills() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    frame = pl.DataFrame({"identifier": ["open-telnet"], "row": [1], "observed_at": [moment]})
    whole = complete(frame, REPORTED)
    assert whole.schema == pl.Schema(REPORTED)
    assert whole.row(0, named=True) == dict.fromkeys(REPORTED) | {
        "identifier": "open-telnet",
        "row": 1,
        "observed_at": moment,
    }


def test_complete_drops_what_is_no_column() -> None:
    frame = pl.DataFrame({"row": [1], "http_body": ["<html>"]})
    assert complete(frame, REPORTED).columns == list(REPORTED)
