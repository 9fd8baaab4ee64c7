"""A column map is checked before a row is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pehra.intake.column_map import mapped, mapped_plan
from pehra.intake.columns import read_parts
from pehra.intake.jsonrows import open_json
from pehra.intake.source import Delivery, Reading
from pehra.intake.sources import generic_csv, json_lines
from pehra.kernel.errors import UnreadableFile, UsageError

Deliver = Callable[..., Delivery]
Rows = Callable[[Reading], list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"adress": "x"}, "Known are"),
        ({"prot": "x"}, "Did you mean `port`"),
        ({"type": "=open-telnet"}, "Known are: spam"),
        ({"class": "=bad"}, "Known are: abusive-content"),
        ({"row": "x"}, ""),
        ({"count": "=many"}, "`many` is no count"),
        ({"count": "=1000000001"}, "`1000000001` is no count"),
        ({"port": "=65536"}, "`65536` is no port"),
        ({"host": "=a\0b.example.pk"}, "is no host"),
        ({"severity": "="}, "`` is no severity"),
        ({"time": "=2026-11-20"}, "cannot be the same for every row"),
        ({"until": "=2099-01-01"}, "cannot be the same for every row"),
    ],
)
def test_a_wrong_map_is_refused(options: dict[str, str], mend: str) -> None:
    with pytest.raises(UsageError) as error:
        mapped(options, but=frozenset())
    assert mend in str(error.value)


def test_a_file_without_the_mapped_column_is_refused(deliver: Deliver) -> None:
    delivery = deliver(b"time,ip\n", options={"port": "p"})
    with pytest.raises(UnreadableFile, match="no column `p`"):
        generic_csv.read(delivery)


def test_a_file_without_a_time_is_refused(deliver: Deliver) -> None:
    with pytest.raises(UnreadableFile, match="time=COLUMN"):
        generic_csv.read(deliver(b"ip,port\n"))


def test_an_unknown_separator_is_refused(deliver: Deliver) -> None:
    with pytest.raises(UsageError):
        generic_csv.read(deliver(b"time,ip\n", options={"separator": "#"}))


@pytest.mark.parametrize(
    ("options", "class_and_type"),
    [
        ({}, ("other", "undetermined")),
        ({"class": "=vulnerable"}, ("vulnerable", "vulnerable-system")),
        ({"class": "=fraud"}, ("fraud", "unauthorised-use-of-resources")),
        ({"type": "=phishing", "class": "=other"}, ("fraud", "phishing")),
        ({"type": "kind"}, ("malicious-code", "c2-server")),
        ({"class": "group"}, ("availability", "dos")),
    ],
)
def test_the_class_follows_from_the_type(
    deliver: Deliver, rows: Rows, options: dict[str, str], class_and_type: tuple[str, str]
) -> None:
    data = b'{"time":"2026-11-20","ip":"192.0.2.1","kind":"C2-Server","group":"availability"}'
    (row,) = rows(json_lines.read(deliver(data, options=options)))
    assert (row["class"], row["type"]) == class_and_type


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("peer_ip", "198.51.100.7", "198.51.100.7"),
        ("port", "23", 23),
        ("count", "5", 5),
        ("tags", "a; b", ["a", "b"]),
        ("expires", "2027-01-01", "2027-01-01T00:00:00+00:00"),
        ("identifier", "Open-Telnet", "open-telnet"),
    ],
)
def test_a_constant_is_read_as_its_column_would_be(
    deliver: Deliver, rows: Rows, name: str, text: str, value: object
) -> None:
    data = b'{"time":"2026-11-20","ip":"192.0.2.1"}\n{"time":"2026-11-20","ip":"192.0.2.2"}'
    read = rows(json_lines.read(deliver(data, options={name: f"={text}"})))
    assert [row[name] for row in read] == [value, value]


def test_a_constant_fills_the_gaps_of_a_list(deliver: Deliver) -> None:
    data = b'{"time":"2026-11-20","ip":"192.0.2.1","tag":"own"}\n{"time":"2026-11-20","ip":"::2"}'
    delivery = deliver(data)
    plan = mapped_plan(frozenset(), {})
    plan = msgspec.structs.replace(plan, constants=plan.constants | {"tags": "a;b"})
    parts = read_parts(open_json(delivery.path, 100).stretches, plan, delivery)
    assert [part.table["tags"].to_list() for part in parts] == [[["own"], ["a", "b"]]]
