"""The model of this version."""

from __future__ import annotations

import importlib.resources

from pehra.cases.triage import model
from pehra.cases.triage.addresses import frame
from pehra.cases.triage.features import measured


def test_the_shipped_model_is_small_and_reads_what_is_measured() -> None:
    file = importlib.resources.files("pehra.cases.triage") / "data" / "model.npz.xz"
    assert len(file.read_bytes()) < 1_000_000
    shipped = model.shipped()
    columns, _ = measured(frame(["example.com"]), shipped.letters, shipped.usual)
    assert columns == shipped.columns
    assert sorted(shipped.addresses) == ["all", "without-jpcert", "without-openphish"]
    assert sorted(shipped.lines) == ["mail", "mail-without-phishing", "mail-without-spam", "sms"]


def test_odds_begin_where_a_suggestion_does() -> None:
    assert model.chance(0.0) == 0.8
    assert model.chance(-1e9) < 1e-9
    assert model.chance(1e9) > 0.999
    assert model.odds(frame([])).tolist() == []


def test_an_address_is_written_as_the_line_reads_it() -> None:
    assert model.written(frame(["http://a.B-c.example.com.pk/Path?q"])) == [
        "a.b-c.example|com.pk /path?q"
    ]


def test_each_model_tells_a_usual_name_from_a_made_up_one() -> None:
    table = frame(["wikipedia.org", "http://secure-login-hbl.update-verify7.top/x/login.php"])
    for which in model.shipped().addresses:
        lawful, harm = model.odds(table, which)
        assert lawful < 0 < harm
