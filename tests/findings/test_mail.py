"""Reports that come by mail, from Debian's Dovecot with mail that was put there."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pehra.findings import jobs, mail
from pehra.findings.arrivals import By
from pehra.intake.fetching import actions, keys, queries
from pehra.intake.fetching.actions import NewBox
from pehra.intake.fetching.rules import Rule
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.findings.conftest import House

pytestmark = pytest.mark.django_db
PASSWORD = "a word of ours"  # noqa: S105 of a server that lives as long as a test
CSV = (
    b"timestamp,severity,ip,protocol,port,tag,asn,geo\n"
    b"2026-11-20 05:00:00,high,192.0.2.10,tcp,23,telnet,64500,PK\n"
)


def message(sender: str, subject: str, *files: tuple[str, bytes]) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "reports@house.example", subject
    made.set_content("See the attached report.")
    for name, data in files:
        made.add_attachment(data, maintype="text", subtype="csv", filename=name)
    return made.as_bytes()


class Dovecot:
    """A server with one mailbox, as the user who runs the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._count = folder, 0
        self.new = folder / "mail" / "new"
        for name in ("cur", "new", "tmp"):
            (folder / "mail" / name).mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def deliver(self, data: bytes) -> None:
        """Put a message into the mailbox, as a mail server does."""
        self._count += 1
        name = f"{1_700_000_000 + self._count}.M{self._count}.house"
        unfinished = self.folder / "mail" / "tmp" / name
        unfinished.write_bytes(data)
        os.chown(unfinished, self.owner.pw_uid, self.owner.pw_gid)
        unfinished.rename(self.new / name)

    def configuration(self) -> str:
        """Nothing of the machine's own."""
        # Root's server leaves the asking of names to Debian's users for that.
        is_root = os.getuid() == 0
        own = getpass.getuser()
        login, user = ("dovenull", "dovecot") if is_root else (own, own)
        told = self.owner = pwd.getpwnam(user)
        for path in (self.folder, *(self.folder / "mail").rglob("*"), self.folder / "mail"):
            os.chown(path, told.pw_uid, told.pw_gid)
        group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
        users = self.folder / "users"
        users.write_text(
            f"me:{{PLAIN}}{PASSWORD}:{told.pw_uid}:{told.pw_gid}::{self.folder}:"
            f":userdb_mail=maildir:{self.folder}/mail\n"
        )
        users.chmod(0o644)  # whatever files are made for otherwise
        return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
default_login_user = {login}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
ssl = no
disable_plaintext_auth = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {users}
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {users}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

    def answers(self) -> bool:
        """Whether it greets who connects."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                return line.recv(4) == b"* OK"
        except OSError:
            return False


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A running server; gone after the test."""
    # Sockets have short paths, and the server's users must come there.
    folder = Path(tempfile.mkdtemp(prefix="imap-"))
    folder.chmod(0o755)
    made = Dovecot(folder)
    configuration = folder / "dovecot.conf"
    configuration.write_text(made.configuration())
    server = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(configuration)])
    ends = time.monotonic() + 30
    while not made.answers():
        log = folder / "log"
        assert time.monotonic() < ends, log.read_text() if log.exists() else "no log"
        time.sleep(0.05)
    yield made
    server.terminate()
    server.wait(20)
    shutil.rmtree(folder)


def set_up(watch: House, port: int, **more: Any) -> None:  # noqa: ANN401 fields of a struct
    box = NewBox(host="127.0.0.1", login="me", port=port, security="none", **more)
    actions.set_mailbox("reports", box, actor=SYSTEM, now=watch.now)
    rules = [
        Rule("shadowserver", sender="@reports.example", file="*.csv*"),
        Rule("xarf-legacy", sender="abuse@noc.example", whole=True),
    ]
    actions.set_rules("reports", rules, actor=SYSTEM, now=watch.now)
    keys.keep(keys.of_mailbox(watch.home, "reports"), PASSWORD, password=True)


def read(watch: House) -> dict[str, Any]:
    by = By(SYSTEM, watch.now, lambda *_: None)
    return mail.summary(mail.read_mailbox("reports", jobs.fetch_round(watch.home, by)))


def state() -> queries.BoxState:
    (told,) = queries.box_states(viewer=SYSTEM_VIEWER)
    return told


@pytest.mark.service
def test_reports_are_taken_and_the_mail_stays(watch: House, dovecot: Dovecot) -> None:
    set_up(watch, dovecot.port)
    name = "2026-11-20-scan_telnet-test.csv"
    dovecot.deliver(message("Daily <daily@reports.example>", "Report", (name, CSV), ("a.png", b"")))
    dovecot.deliver(message("somebody@elsewhere.example", "Hello", (name, CSV)))
    told = read(watch)
    assert {key: told[key] for key in ("messages", "unclaimed", "files", "rows", "accepted")} == {
        "messages": 2, "unclaimed": 1, "files": 1, "rows": 1, "accepted": 1,
    }  # fmt: skip
    assert (state().last_success, state().fault, state().unclaimed) == (watch.now, "", 1)
    assert [row.asset for row in watch.findings()] == ["192.0.2.10"]
    assert read(watch)["messages"] == 0
    dovecot.deliver(message("daily@reports.example", "Broken", ("b.csv", b"colour,taste\n")))
    dovecot.deliver(message("daily@reports.example", "Again", (name, CSV)))
    told = read(watch)
    assert (told["messages"], told["duplicates"]) == (2, 1)
    assert told["error"]
    assert state().failures == 1
    # None was moved, none is marked as seen.
    assert len(list(dovecot.new.iterdir())) == 4


@pytest.mark.service
def test_a_crash_before_the_note_takes_the_message_again(watch: House, dovecot: Dovecot) -> None:
    set_up(watch, dovecot.port)
    name = "2026-11-20-scan_telnet-test.csv"
    dovecot.deliver(message("daily@reports.example", "Report", (name, CSV)))
    read(watch)
    box = queries.box("reports")
    actions.note_mail("reports", validity=box.uid_validity, uid=box.last_uid - 1, claimed=True)
    told = read(watch)
    assert (told["messages"], told["duplicates"], told["accepted"]) == (1, 1, 0)
    assert [row.count for row in watch.findings()] == [1]


@pytest.mark.service
def test_whom_the_server_does_not_know_it_does_not_let_in(watch: House, dovecot: Dovecot) -> None:
    set_up(watch, dovecot.port)
    keys.keep(keys.of_mailbox(watch.home, "reports"), "another", password=True)
    told = read(watch)
    assert told["error"] == ("127.0.0.1 does not let me in. Check the login and the password.")
    assert "another" not in repr(state())
    set_up(watch, dovecot.port, folder="None")
    assert "does not answer as it should" in read(watch)["error"]


def test_a_server_that_is_away_is_the_mailboxes_fault(watch: House) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        set_up(watch, closed.getsockname()[1])
        told = read(watch)
    assert (told["messages"], state().failures, state().fault) == (0, 1, told["error"])


def test_what_is_refused_before_anything_is_sent(watch: House) -> None:
    set_up(watch, 1)
    box = NewBox(host="mail.example", login="me", security="none")
    actions.set_mailbox("reports", box, actor=SYSTEM, now=watch.now)
    with pytest.raises(Refused, match="in the clear"):
        read(watch)
    keys.forget(keys.of_mailbox(watch.home, "reports"))
    with pytest.raises(UsageError, match="no password"):
        read(watch)
    (watch.home.root / "pehra.toml").write_text("[fetch]\noffline = true\n")
    jobs._settings.cache_clear()  # noqa: SLF001 as in a new process
    with pytest.raises(Refused, match="offline"):
        read(watch)
    assert os.environ["PEHRA_HOME"] == str(watch.home.root)
