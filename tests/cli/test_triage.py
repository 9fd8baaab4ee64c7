"""`pehra cases triage`, without a home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pehra.cli.cases import app
from pehra.cli.triage import kind_of
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def _run(*words: str | Path) -> tuple[int, list[dict[str, object]]]:
    done = CliRunner().invoke(app, ["triage", *map(str, words), "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.exit_code, lines


def test_a_line_an_input(tmp_path: Path) -> None:
    urls, texts, mail = (tmp_path / name for name in ("urls", "texts", "a.eml"))
    urls.write_text("https://nadra.gov.pk/\n\nhttp://easypa1sa-win.top/x\n")
    texts.write_text("See you at lunch tomorrow then\n")
    mail.write_bytes(b"From: a@example.org\nSubject: hello\n\nhello\n")
    code, lines = _run(mail, "--urls", urls, "--texts", texts)
    assert code == 0
    assert [(one["input"], one["suggestion"]) for one in lines[:2]] == [
        ("https://nadra.gov.pk/", "lawful"),
        ("http://easypa1sa-win.top/x", "phishing"),
    ]
    assert [one["input"] for one in lines[2:]] == ["See you at lunch tomorrow then", str(mail)]
    assert all(set(one) == {"input", "suggestion", "score", "reasons"} for one in lines)


def test_what_is_known_is_read(tmp_path: Path) -> None:
    urls, known = tmp_path / "urls", tmp_path / "known"
    urls.write_text("http://a.example.com/x\n")
    known.write_text("# ours\nexample.com malware\n")
    assert [one["suggestion"] for one in _run("--urls", urls, "--known", known)[1]] == ["malware"]
    known.write_text("example.com bad\n")
    with pytest.raises(UsageError, match="Line 1"):
        _run("--urls", urls, "--known", known)


def test_a_missing_file_is_said_and_the_others_are_looked_at(tmp_path: Path) -> None:
    there = tmp_path / "text"
    there.write_text("hello")
    code, lines = _run(tmp_path / "none", there)
    assert (code, len(lines)) == (1, 1)
    with pytest.raises(EnvironmentFault):
        _run("--urls", tmp_path / "none")
    with pytest.raises(UsageError, match="Nothing"):
        _run()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.eml", b"", "mail"),
        ("a", b"From: a@example.org\r\nTo: b@example.org\r\n\r\nx", "mail"),
        ("a.html", b"", "page"),
        ("a", b"  <!DOCTYPE html>", "page"),
        ("a", b"http://example.org/x\n", "url"),
        ("a.txt", b"come to example.org", "text"),
    ],
)
def test_a_file_is_what_its_name_or_beginning_says(name: str, data: bytes, kind: str) -> None:
    assert kind_of(name, data) == kind


def test_people_read_the_reasons(tmp_path: Path) -> None:
    urls = tmp_path / "urls"
    urls.write_text("https://nadra.gov.pk/\n")
    done = CliRunner().invoke(app, ["triage", "--urls", str(urls)])
    assert done.stdout.startswith("lawful\t0.0")
    assert "[own-domain]" in done.stdout
