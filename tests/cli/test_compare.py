"""`pehra notices compare`: a team's contact list and its IntelMQ's events, to what differs."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTACTS = """\
Company;Networks;Mail
River Bank;192.0.2.0/25;NOC@river-bank.example
Hill Net;198.51.100.0/24;abuse@hill-net.example
School;203.0.113.0/24;
"""
MAP = """\
separator = ";"
[columns]
name = "Company"
asset = "Networks"
contact_email = "Mail"
[always]
contact_purpose = "abuse"
"""
ADDRESSES = (
    ("192.0.2.10", "noc@river-bank.example"),
    ("192.0.2.11", "old@river-bank.example"),
    ("198.51.100.7", ""),
    ("203.0.113.5", "it@school.example"),
    ("192.0.2.200", "noc@stranger.example"),
    ("10.0.0.1", ""),
    ("192.0.2.300", "noc@river-bank.example"),
    ("198.51.100.8", "abuse@hill-net.example, cert@hill-net.example"),
    ("198.51.100.9", "abuse@hill-net.example"),
)


def event(address: str, mailbox: str) -> str:
    told = {
        "time.source": "2026-11-20T01:02:03+00:00",
        "feed.name": "Example",
        "classification.type": "vulnerable-system",
        "classification.identifier": "open-telnet",
        "source.ip": address,
        "source.port": 23,
    }
    return json.dumps(told | ({"source.abuse_contact": mailbox} if mailbox else {}))


def test_a_team_sees_what_differs_before_anything_leaves(
    pehra: Callable[..., Any], tmp_path: Path
) -> None:
    files = {
        "contacts.csv": CONTACTS,
        "map.toml": MAP,
        "events.jsonl": "".join(f"{event(*one)}\n" for one in ADDRESSES),
        # The last one was never ingested; another was, of which the export does not speak.
        "ingested.jsonl": "".join(
            f"{event(*one)}\n" for one in (*ADDRESSES[:-1], ("192.0.2.12", ""))
        ),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    events, listed = tmp_path / "events.jsonl", tmp_path / "differences.csv"
    bring = ("registry", "bring", "spreadsheet", tmp_path / "contacts.csv", "--columns")
    assert pehra("init").code == 0
    assert pehra(*bring, tmp_path / "map.toml", "--dry-run", "--json").said["added"] == 8
    assert pehra(*bring, tmp_path / "map.toml").code == 0
    assert pehra("ingest", "intelmq", tmp_path / "ingested.jsonl", "--json").said["accepted"] == 8

    early = pehra("notices", "compare", events, "--json")
    assert (early.code, early.said["rounds"]) == (0, [])
    assert early.said["untold"]["not-planned"] == {"events": 4, "theirs": 3}
    assert "No round waits" in early.err

    planned = pehra("notices", "plan", "--json").said["round"]
    assert (planned["state"], planned["recipients"], planned["findings"]) == ("preview", 2, 5)
    told = pehra("notices", "compare", events, "--csv", listed, "--json").said
    differences = told.pop("differences")
    assert told == {
        "file": "events.jsonl",
        "rounds": [planned["id"]],
        "way": "abuse-contact",
        "events": 9,
        "unreadable": 1,
        "mails": {"theirs": 6, "ours": 2},
        "recipients": {"same": 0, "differs": 2, "only-theirs": 4, "only-ours": 0},
        "told": {"both": 3, "only-theirs": 4, "only-ours": 1, "nobody": 1},
        "untold": {
            "no-contact": {"events": 1, "theirs": 1},
            "not-taken-in": {"events": 1, "theirs": 1},
            "reserved": {"events": 1, "theirs": 0},
            "unheld": {"events": 1, "theirs": 1},
            "unreadable": {"events": 1, "theirs": 1},
        },
        "csv": "differences.csv",
        "written": 10,
    }
    names = ("mailbox", "standing", "theirs", "ours", "both", "findings")
    assert [(*(one[name] for name in names), one["why"]) for one in differences] == [
        (
            *("abuse@hill-net.example", "differs", 2, 2, 1, 2),
            {"not-taken-in": 1, "they-nobody": 1},
        ),
        ("cert@hill-net.example", "only-theirs", 1, 0, 0, 0, {"we-others": 1}),
        ("it@school.example", "only-theirs", 1, 0, 0, 0, {"no-contact": 1}),
        (
            *("noc@river-bank.example", "differs", 2, 2, 1, 3),
            {"not-in-export": 1, "they-others": 1, "unreadable": 1},
        ),
        ("noc@stranger.example", "only-theirs", 1, 0, 0, 0, {"unheld": 1}),
        ("old@river-bank.example", "only-theirs", 1, 0, 0, 0, {"we-others": 1}),
    ]
    rows = list(csv.DictReader(listed.read_text().splitlines()))
    assert [(one["row"], one["side"], one["why"], one["organisation"]) for one in rows] == [
        ("2", "ours", "they-others", "river-bank"),
        ("2", "theirs", "we-others", "river-bank"),
        ("3", "ours", "they-nobody", "hill-net"),
        ("4", "theirs", "no-contact", "school"),
        ("5", "theirs", "unheld", ""),
        ("6", "nobody", "reserved", ""),
        ("7", "theirs", "unreadable", ""),
        ("8", "theirs", "we-others", "hill-net"),
        ("9", "theirs", "not-taken-in", "hill-net"),
        ("", "ours", "not-in-export", ""),
    ]
    words = pehra("notices", "compare", events).out
    assert "Mails: 6 of IntelMQ, 2 of ours." in words
    assert "1 (1 of them IntelMQ would): nobody holds the asset in the register." in words

    (tmp_path / "page.html").write_text("<html>")
    refused = pehra("notices", "compare", tmp_path / "page.html")
    assert (refused.code, "time.source" in refused.err) == (1, True)
    nowhere = tmp_path / "none" / "differences.csv"
    assert pehra("notices", "compare", events, "--csv", nowhere).code == 4
