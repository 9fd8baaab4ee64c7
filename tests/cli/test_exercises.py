"""`pehra notices exercise`: begin, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_an_exercise_is_begun_and_shown(open_for_work: Callable[..., Any], tmp_path: Path) -> None:
    holders = open_for_work("findings", "list", "--size", "500", "--json").said["findings"]
    slug = min(row["organisation"] for row in holders if row["organisation"])
    register = tmp_path / "contacts.csv"
    register.write_text(
        f"organisation,contact_purpose,contact_email\n{slug},technical,noc@{slug}.example\n"
    )
    assert open_for_work("registry", "import", register, "--json").code == 0
    wanted = ("--organisation", slug, "--scenario", "infected")
    told = open_for_work("notices", "exercise", "begin", *wanted, "--json").said["round"]
    facts = ("state", "exercise", "scenario", "recipients", "findings")
    assert [told[name] for name in facts] == ["preview", True, "infected", 1, 3]
    shown = open_for_work("notices", "exercise", "show", str(told["id"]), "--json").said
    assert shown["outcome"] == {
        "mailboxes": 1, "sent": 0, "refused": 0, "answered": 0, "minutes": None, "said": {},
    }  # fmt: skip
    listed = open_for_work("notices", "list", "--round", str(told["id"]), "--json").said
    (notice,) = listed["notices"]
    one = open_for_work("notices", "show", f"N{notice['id']}", "--json").said
    assert "* [EXERCISE] EX1 203.0.113." in one["text"]
    for wrong in (
        ("begin",),
        ("begin", "--organisation", slug, "--scenario", "flood"),
        ("begin", "--team", "no-team"),
        ("show", "999"),
    ):
        assert open_for_work("notices", "exercise", *wrong).code == 2
