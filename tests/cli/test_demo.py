"""`pehra demo day`: the story is played, and its numbers are what they must be."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.findings.test_mail import PASSWORD, Dovecot, dovecot

from pehra.cli.demo import story
from pehra.cli.demo.sink import Sink

__all__ = ["dovecot"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Box:
    """The mailbox of the story, on a real server."""

    port: int
    login: str
    password: str
    put: Callable[[bytes], None]

    def deliver(self, raw: bytes) -> None:
        """Put a message in."""
        self.put(raw)


def test_the_day_ends_as_the_story_says(pehra: Callable[..., Any], tmp_path: Path) -> None:
    place = tmp_path / "story"
    place.mkdir()
    told = pehra("demo", "day", "--home", place, "--json")
    assert (told.code, told.said["wrong"]) == (0, {})
    assert (told.said["gone"], told.said["fix_claims_refuted"], told.said["mails"]) == (14, 3, 5)
    assert "river-bank.example answers: fixed" in told.err
    assert "relapsed" in told.err


@pytest.mark.service
def test_a_holder_replies_by_mail(
    pehra: Callable[..., Any], tmp_path: Path, dovecot: Dovecot
) -> None:
    del pehra
    told = story.play(tmp_path, print, Box(dovecot.port, "me", PASSWORD, dovecot.deliver))
    assert (told["wrong"], told["answers"]) == ({}, 4)


def test_a_number_that_is_not_so_fails(
    pehra: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(story._MUST, "rows", 1)  # noqa: SLF001 the story's own numbers
    told = pehra("demo", "day", "--json")
    assert (told.code, told.said["wrong"]) == (1, {"rows": 70})


def test_what_the_sink_took_is_kept_in_order() -> None:
    with Sink() as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        for word in ("one", "two"):
            client.sendmail("a@example.org", ["b@example.org"], f"Subject: {word}\r\n\r\nx\r\n")
        assert [str(mail["Subject"]) for mail in sink.since(0)] == ["one", "two"]
        assert [str(mail["Subject"]) for mail in sink.since(1)] == ["two"]
        assert sink.count == 2
