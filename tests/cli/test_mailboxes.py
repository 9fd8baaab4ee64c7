"""`pehra mailboxes`: set, rules, list, read, remove; a server is tried in tests/findings."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_mailbox_from_its_setting_to_its_end(
    pehra: Callable[..., Any], place: Path, tmp_path: Path
) -> None:
    assert pehra("init").code == 0
    assert pehra("mailboxes", "--json").said == {"mailboxes": []}
    word = tmp_path / "word"
    word.write_text("pass word\n")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = str(closed.getsockname()[1])
        where = ("--host", "127.0.0.1", "--login", "me", "--port", port, "--security", "none")
        told = pehra("mailboxes", "set", "reports", *where, "--json")
        assert told.said == {"mailbox": "reports", "enabled": True, "has_password": False}
        assert pehra("mailboxes", "read", "reports").code == 2
        told = pehra("mailboxes", "set", "reports", *where, "--password-file", word, "--json")
        assert told.said["has_password"] is True
        rule = "source=shadowserver, sender=@reports.example, file=*.csv*"
        whole = "source=xarf-legacy,sender=abuse@noc.example,whole"
        told = pehra("mailboxes", "rules", "reports", "--rule", rule, "--rule", whole, "--json")
        assert [(one["source"], one["sender"], one["whole"]) for one in told.said["rules"]] == [
            ("shadowserver", "@reports.example", False),
            ("xarf-legacy", "abuse@noc.example", True),
        ]
        told = pehra("mailboxes", "read", "reports", "--json")
        assert (told.code, told.said["messages"]) == (1, 0)
        assert told.said["error"].startswith("127.0.0.1 does not answer as it should")
    (row,) = pehra("mailboxes", "--json").said["mailboxes"]
    assert (row["failures"], row["every_seconds"], len(row["rules"])) == (1, 300, 2)
    assert "reports" in pehra("mailboxes", "list").out
    assert "pass word" not in repr(row)
    assert (place / "keys" / "mailbox-reports.key").read_text() == "pass word"
    assert pehra("mailboxes", "remove", "reports").code == 0
    assert not (place / "keys" / "mailbox-reports.key").exists()
    assert pehra("mailboxes", "read", "reports").code == 2


def test_words_that_do_not_fit(pehra: Callable[..., Any]) -> None:
    assert pehra("init").code == 0
    where = ("--host", "mail.example", "--login", "me")
    assert pehra("mailboxes", "set", "reports", *where).code == 0
    for words in (
        ("set", "../x", *where),
        ("set", "x", "--host", "mail.example"),
        ("set", "x", *where, "--security", "some"),
        ("set", "x", *where, "--every", "1s"),
        ("rules", "none"),
        ("rules", "reports", "--rule", "sender=a@b.example"),
        ("rules", "reports", "--rule", "source=shadowserver"),
        ("rules", "reports", "--rule", "source=none,sender=a@b.example"),
        ("rules", "reports", "--rule", "source=shadowserver,colour=red"),
    ):
        told = pehra("mailboxes", *words)
        assert (told.code, told.err.startswith("pehra: ")) == (2, True), words
