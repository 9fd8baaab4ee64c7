"""A letter for a machine is signed, and what was altered or is old does not verify."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.dispatch.hooks import About, body_of, heard, key_for, moved, sign, verify
from pehra.dispatch.letters import Attachment, Letter
from pehra.engines.mail.smtp import Answer, Outcome

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
KEY = key_for(b"secret", "https://bank.example/hook")


def test_the_object_says_all_of_the_letter() -> None:
    about = About(
        envelope="t", kind="notice", reference="notice:1", tlp="AMBER", pap="CLEAR",
        exercise=False, released_at=NOW,
    )  # fmt: skip
    letter = Letter("s", "t", "<p>t</p>", (Attachment("a.csv", "text/csv", b"\x00a"),), "ur")
    assert json.loads(body_of(letter, about)) == {
        "envelope": "t",
        "kind": "notice",
        "reference": "notice:1",
        "tlp": "AMBER",
        "pap": "CLEAR",
        "exercise": False,
        "released_at": "2026-11-28T06:00:00Z",
        "language": "ur",
        "subject": "s",
        "text": "t",
        "attachments": [{"name": "a.csv", "media_type": "text/csv", "content": "AGE="}],
    }


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(-400, 400))
def test_only_the_same_body_at_about_the_same_time_verifies(
    body: bytes, other: bytes, seconds: int
) -> None:
    header = sign(body, KEY, NOW)
    at = NOW + timedelta(seconds=seconds)
    assert verify(body, header, KEY, at) is (abs(seconds) <= 300)
    assert verify(other, header, KEY, NOW) is (other == body)
    assert verify(body, header, key_for(b"secret", "https://b.example/"), NOW) is False


@given(st.text(max_size=30))
def test_any_header_is_refused_that_we_did_not_write(header: str) -> None:
    assert verify(b"body", header, KEY, NOW) is False


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (204, Outcome.ACCEPTED),
        (302, Outcome.PERMANENT),
        (404, Outcome.PERMANENT),
        (410, Outcome.PERMANENT),
        (429, Outcome.TEMPORARY),
        (503, Outcome.TEMPORARY),
    ],
)
def test_what_a_status_means(status: int, outcome: Outcome) -> None:
    told = heard(status, "bank.example")
    assert told == Answer(outcome, status, words=f"It answers {status}.", by="bank.example")
    assert [moved(one) for one in (302, 307, 308)] == [False, True, True]
