"""Labels are read in the spellings of the field and in no others."""

from __future__ import annotations

import pytest

from pehra.kernel.labels import Pap, Role, Severity, Tlp


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("CLEAR", Tlp.CLEAR),
        ("TLP:WHITE", Tlp.CLEAR),
        (" tlp:amber+strict ", Tlp.AMBER_STRICT),
        ("Red", Tlp.RED),
    ],
)
def test_tlp_is_read(text: str, label: Tlp) -> None:
    assert Tlp.parse(text) is label


@pytest.mark.parametrize("label", Tlp)
def test_tlp_comes_back(label: Tlp) -> None:
    assert Tlp.parse(f"TLP:{label}") is label


@pytest.mark.parametrize("text", ["", "TLP", "BLUE", "AMBER STRICT"])
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Tlp"):
        Tlp.parse(text)


def test_severity_orders_and_speaks() -> None:
    assert [level.word for level in sorted(Severity, reverse=True)] == [
        "critical",
        "high",
        "medium",
        "low",
        "info",
    ]


def test_the_words_are_those_of_the_field() -> None:
    assert [*Pap] == ["CLEAR", "GREEN", "AMBER", "RED"]
    assert [*Role] == ["c2", "sinkhole", "honeypot", "scan", "blocklist", "report"]
