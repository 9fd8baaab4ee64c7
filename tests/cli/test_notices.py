"""`pehra notices`: plan, rounds, send, drop, list, show, approve, answer, calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def planned(open_for_work: Callable[..., Any], tmp_path: Path) -> dict[str, Any]:
    """Contacts for everybody in the shipped sample, and the preview of a round."""
    holders = {
        row["organisation"]
        for row in open_for_work("findings", "list", "--size", "500", "--json").said["findings"]
        if row["organisation"]
    }
    lines = [f"{slug},technical,noc@{slug}.example" for slug in sorted(holders)]
    register = tmp_path / "contacts.csv"
    register.write_text("\n".join(["organisation,contact_purpose,contact_email", *lines]) + "\n")
    assert open_for_work("registry", "import", register, "--json").code == 0
    told: dict[str, Any] = open_for_work("notices", "plan", "--json").said
    return told


def test_a_preview_is_planned_listed_and_shown(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    told = planned(open_for_work, tmp_path)
    assert told["round"]["state"] == "preview"
    assert len(told["notices"]) == told["round"]["recipients"] > 0
    number = told["round"]["id"]
    assert open_for_work("notices", "rounds", "--json").said["rounds"][0]["id"] == number
    listed = open_for_work("notices", "list", "--round", str(number), "--json").said["notices"]
    assert listed == told["notices"]
    one = open_for_work("notices", "show", f"N{listed[0]['id']}", "--json").said
    assert len(one["finding_ids"]) == one["findings"]
    assert one["subject"].startswith(f"[N{one['id']}]")
    assert "What it is" in one["text"]
    words = open_for_work("notices", "show", str(one["id"])).out
    assert one["text"].splitlines()[0] in words
    assert open_for_work("notices", "plan", "--urgent").code == 0
    assert open_for_work("notices", "calls", "--json").said == {"calls": [], "steps": []}
    assert open_for_work("notices", "replies", "--all", "--json").said == {"replies": []}
    climbed = open_for_work("notices", "climb", "--json").said
    assert climbed == {"silent": 0, "reminded": 0, "escalated": 0, "ended": 0}


def test_what_cannot_be_is_refused_in_words(
    open_for_work: Callable[..., Any], tmp_path: Path
) -> None:
    told = planned(open_for_work, tmp_path)
    number = str(told["round"]["id"])
    refused = open_for_work("notices", "send", number)
    assert (refused.code, "does not wait for a decision" in refused.err) == (3, True)
    assert open_for_work("notices", "drop", "999").code == 2
    assert open_for_work("notices", "show", "N999").code == 2
    assert open_for_work("notices", "show", "what").code == 2
    unsent = open_for_work("notices", "answer", f"N{told['notices'][0]['id']}", "fixed")
    assert (unsent.code, "never went out" in unsent.err) == (3, True)
    assert open_for_work("notices", "answer", "N1", "perhaps").code == 2
    for words in (("call-done", "1", "--outcome", "x"), ("step-done", "1", "--outcome", "x"),
                  ("take-reply", "1"), ("call-done", "1")):  # fmt: skip
        assert open_for_work("notices", *words).code == 2


def test_a_source_is_approved_by_two(open_for_work: Callable[..., Any]) -> None:
    first = open_for_work("notices", "approve", "source", "shadowserver", "--json")
    assert first.said["approvals"] == [{"name": "shadowserver", "approved": False}]
    again = open_for_work("notices", "approve", "source", "shadowserver")
    assert (again.code, "another person" in again.err) == (3, True)
    listed = open_for_work("notices", "approvals", "--json").said["approvals"]
    assert [(row["kind"], len(row["by"])) for row in listed] == [
        ("source", 1),
        ("template", 0),
        ("routing", 0),
    ]
    assert "template" in open_for_work("notices", "approvals").out
