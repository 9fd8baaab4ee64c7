"""Words of other taxonomies: tags, labels and bare words to RSIT, TLP and PAP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.intake.classification import CLASSES, RSIT
from pehra.intake.taxonomies import SEVERITY, first_rsit, labels_of, rsit_of, severity_of
from pehra.kernel.labels import Severity


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ('rsit:malicious-code="c2-server"', "c2-server"),
        ('ecsirt:fraud="phishing"', "phishing"),
        ('circl:incident-classification="phishing"', "phishing"),
        ("rsit:phishing", "phishing"),
        ("Port Scan", "scanner"),
        ("C&C", "c2-server"),
        ('rsit:fraud="?"', "unauthorised-use-of-resources"),
        ("malicious-activity", "undetermined"),
        ('rsit:availability="?"', CLASSES["availability"][0]),
        ("tlp:green", ""),
        ("", ""),
    ],
)
def test_a_word_names_a_type(word: str, kind: str) -> None:
    assert rsit_of(word) == kind


@given(st.text(max_size=60))
def test_any_word_names_a_type_of_rsit_or_none(word: str) -> None:
    assert rsit_of(word) in {*RSIT, ""}


def test_the_first_definite_word_counts() -> None:
    words = ["tlp:red", "malicious-activity", "phishing", "spam"]
    assert [first_rsit(words), first_rsit(words[:2]), first_rsit(words[:1])] == [
        "phishing", "undetermined", "",
    ]  # fmt: skip


def test_every_severity_is_one_and_of_a_type() -> None:
    assert (
        SEVERITY.keys() - RSIT.keys(),
        set(SEVERITY.values()) - {one.word for one in Severity},
    ) == (set(), set())
    assert [severity_of("phishing"), severity_of("no type")] == ["critical", "low"]


def test_labels_are_read_and_the_first_stands() -> None:
    assert labels_of(["tlp:amber+strict", " TLP:RED", "pap-green", "tlpx:red"]) == {
        "tlp": "amber+strict", "pap": "green",
    }  # fmt: skip
