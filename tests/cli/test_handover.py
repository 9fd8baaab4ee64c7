"""`pehra cases evidence`: a request from its letter to a package that was handed over."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.cases.evidence.conftest import NOW, evidence_room, mail
from tests.cli.test_evidence import DATA, added, home, run

from pehra.cli import handover
from pehra.kernel.errors import IllegalStep, Refused, UsageError

if TYPE_CHECKING:
    from pathlib import Path

# Cases are named by number, which on PostgreSQL depends on the tests before.
pytestmark = [pytest.mark.django_db, pytest.mark.either]

__all__ = ["evidence_room", "home"]


def test_a_day_is_one() -> None:
    assert handover.day("") is None
    with pytest.raises(UsageError, match="no day"):
        handover.day("soon")


def asked(*words: object) -> tuple[object, ...]:
    return ("ask", 1, "--kind", "traffic", "--agency", "investigators", "--reference", "FIR 1",
            "--scope", "Traffic data of November", "--by", mail("liaison"), *words)  # fmt: skip


@pytest.mark.usefixtures("home")
def test_a_hand_over_by_two_keys_that_two_persons_turn(tmp_path: Path) -> None:
    first, second = added(tmp_path), added(tmp_path, "other.log", b"of somebody else")
    with pytest.raises(Refused, match=r"Request 1 is refused: .* needs a ground in law"):
        run(*asked())
    number = run(*asked("--ground", "law-32"), typed_by="liaison")["number"]
    said = ("--text", "as it should be done")
    for to, who, extra in (
        ("identity_check", "custodian", ()),
        ("legality", "lawyer", ()),
        ("narrowed", "lawyer", ("--item", first, "--leave-out", f"{second}: of a third party",
                                "--leave-out", "names: not asked for by the law")),
        ("preserve", "custodian", ()),
    ):  # fmt: skip
        run("step", number, to, "--by", mail(who), *said, *extra, typed_by=who)
    run("pack", number, "--by", mail("custodian"), *said, typed_by="custodian")
    with pytest.raises(Refused, match=r"lawyer@cert\.example turned the first key"):
        run("sign", number, "--by", mail("director"), *said, typed_by="lawyer")
    target = tmp_path / "package.zip"
    out = ("hand-over", number, "--to", target, "--by", mail("custodian"), *said)
    with pytest.raises(IllegalStep):
        run(*out, typed_by="custodian")
    run("sign", number, "--by", mail("director"), *said, typed_by="director")
    told = run(*out, typed_by="custodian")
    assert told["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert told["key"] == run("key")["fingerprint"]
    with zipfile.ZipFile(target) as file:
        assert file.read("items/0001.bin") == DATA
        left = json.loads(file.read("manifest.json"))["left_out"]
    assert left == [
        {"what": f"item {second}", "why": "of a third party"},
        {"what": "names", "why": "not asked for by the law"},
    ]
    assert [one["state"] for one in run("requests")["requests"]] == ["delivered", "refused"]
    assert run("request", number)["steps"][-1]["state"] == "delivered"
    assert run("counts")["results"] == [
        {"name": "handed-over", "requests": None}, {"name": "refused", "requests": None},
    ]  # fmt: skip


@pytest.mark.usefixtures("home")
def test_the_paper_of_an_urgent_request_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    number = run(*asked("--ground", "law-32", "--emergency"))["number"]
    assert run("requests", "--waiting")["late"] == []
    monkeypatch.setattr(handover, "clock", lambda: NOW.replace(day=24))
    assert run("requests", code=1)["late"] == [number]
    with pytest.raises(Refused, match="operator asked for it"):
        run("paper", number, "--by", mail("officer"))
    run("paper", number, "--by", mail("officer"), typed_by="officer")
    assert run("requests")["late"] == []
