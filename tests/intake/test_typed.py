"""Text to typed values: what each form means, and null, never an error, for all other text."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake import typed
from pehra.kernel.addresses import pack
from pehra.kernel.labels import Role, Severity, Tlp

if TYPE_CHECKING:
    import ipaddress

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(
    "0123456789.:-/ TZ+eE[]x", max_size=30
)
FUNCTIONS = {
    name: function
    for name, function in inspect.getmembers(typed, inspect.isfunction)
    if function.__module__ == typed.__name__ and not name.startswith("_")
}


def read(name: str, *texts: str) -> list[Any]:
    frame = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
    return frame.select(FUNCTIONS[name](pl.col("text")).alias("value")).to_series().to_list()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(texts=st.lists(TEXT, max_size=6))
def test_no_text_is_an_error_and_none_is_lost(name: str, texts: list[str]) -> None:
    assert len(read(name, *texts)) == len(texts)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("moment", "2026-11-20 05:00:00", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("moment", "2026-11-20T05:00:00Z", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("moment", "2026-11-20T05:00:00.25+05:00", datetime(2026, 11, 20, 0, 0, 0, 250_000, UTC)),
        ("moment", "2026-11-20 05:00:00 UTC", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("moment", "2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("moment", "2026/11/20 05:00:00", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("moment", "1795327200", datetime(2026, 11, 22, 6, tzinfo=UTC)),
        ("moment", "yesterday", None),
        ("moment", "1969-12-31 23:59:59", None),
        ("plain_moment", "2026-11-20 05:00:00", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("plain_moment", "2026-13-20 05:00:00", None),
        ("network", "192.0.2.0/24", "192.0.2.0/24"),
        ("network", "192.0.2.0/33", None),
        ("network", "2001:db8::/128", "2001:db8::/128"),
        ("network", "192.0.2.0", None),
        ("port", "65535", 65_535),
        ("port", "65536", None),
        ("port", "-1", None),
        ("asn", "AS64500", 64_500),
        ("asn", "0", None),
        ("asn", "4294967296", None),
        ("percent", "79.6", 80),
        ("percent", "101", None),
        ("country", "pk", "PK"),
        ("country", "PAK", None),
        ("name", "WWW.Example.PK.", "www.example.pk"),
        ("name", "192.0.2.10", None),
        ("name", "localhost", None),
        ("url", "https://www.example.pk/a?b", "https://www.example.pk/a?b"),
        ("url", "www.example.pk/a", None),
        ("tags", '["a", "b c"]', ["a", "b c"]),
        ("tags", "a;[b];a", ["a", "[b]"]),
        ("url", " http://www.example.pk/a b\t/c ", "http://www.example.pk/a%20b/c"),
        ("url", "http://www.exa mple.pk/a", None),
        ("url_host", "https://person@WWW.example.pk:8443/a", "www.example.pk"),
        ("url", "http://www.example.pk/a\0b", None),
        ("url", "http://www.exam\x07ple.pk/", None),
        ("url_host", "http://www.exam\0ple.pk/", None),
        ("url_host", "http://www.exam\x1bple.pk/", None),
        ("url_host", "http://b\u00fccher.example/", "b\u00fccher.example"),
        ("url_host", "http://www.example.pk?a", "www.example.pk"),
        ("name", "www.exam\0ple.pk", None),
        ("count", "1", 1),
        ("count", "1000000000", 1_000_000_000),
        ("count", "1000000001", None),
        ("count", "0", None),
        ("count", "-5", None),
        ("count", "many", None),
        ("url_host", "http://[2001:db8::1]/a", "2001:db8::1"),
        ("severity", "HIGH", "high"),
        ("severity", "dire", None),
        ("role", " C2 ", "c2"),
        ("role", "admin", None),
        ("tlp", "TLP:WHITE", "CLEAR"),
        ("tlp", "amber+strict", "AMBER+STRICT"),
        ("pap", "pap:red", "RED"),
        ("pap", "AMBER+STRICT", None),
        ("cves", "cve-2026-0001; CVE-2026-0002, CVE-2026-0001", ["CVE-2026-0001", "CVE-2026-0002"]),
        ("cves", "none", None),
        ("tags", "a; b,a|c", ["a", "b", "c"]),
        ("tags", " ; ", None),
        ("text", "  x ", "x"),
        ("text", "  ", None),
        ("integer", "99999999999999999999", None),
    ],
)
def test_a_form_means_one_thing(name: str, text: str, value: object) -> None:
    assert read(name, text) == [value]


@given(st.lists(st.ip_addresses() | TEXT, max_size=6))
def test_addresses_are_those_of_the_standard_library(
    values: list[ipaddress.IPv4Address | ipaddress.IPv6Address | str],
) -> None:
    known = [value for value in values if not isinstance(value, str)]
    assert read("address", *map(str, known)) == [pack(value) for value in known]
    others = [value for value in values if isinstance(value, str)]
    for text, found in zip(others, read("address", *others), strict=True):
        if found is not None:
            assert found == pack(text.strip())


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)))  # noqa: DTZ001 read as UTC below
def test_a_moment_is_read_back(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    texts = (moment.isoformat(), moment.isoformat(" "), aware.isoformat())
    assert read("moment", *texts) == [aware] * 3


def test_labels_are_read_in_any_case() -> None:
    for name, labels in (("tlp", Tlp), ("role", Role)):
        assert read(name, *(label.value.lower() for label in labels)) == [
            one.value for one in labels
        ]
    words = [level.word for level in Severity]
    assert read("severity", *(word.upper() for word in words)) == words
