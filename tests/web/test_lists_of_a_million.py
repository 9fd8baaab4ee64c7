"""A file of a million findings begins within a second, and the server's memory does not grow."""

from __future__ import annotations

import http.client
import secrets
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.service, pytest.mark.long]

ROWS = 1_000_000
GROWTH = 160 * 1024 * 1024
"""Bytes by which the greatest memory of the serving process may grow over both files, of which the
second alone has more: SQLite keeps up to 128 MiB of its pages in memory."""
STARTS_WITHIN = 1.0

FILL = f"""
import django
django.setup()
from django.db import connection
from django.test import Client
from pehra.mandate.models import Office, Team, Tenure, User
from pehra.mandate.tenancy import as_system
team = Team.objects.create(slug="national", name="National CERT", tier="national")
office = Office.objects.create(slug="duty", name="Duty officer", role="NC", team=team)
person = User.objects.create(email="officer@cert.example")
Tenure.objects.create(office=office, person=person)
numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
with as_system(), connection.cursor() as cursor:
    for table, columns, values in (
        ("findings_finding",
         "id, key, lake_key, asset_kind, asset, port, identifier, rsit_class, rsit_type, what,"
         " exposed, asn, country, team_id, state, severity, opened_at, covered_clean, relapses",
         "i, i, i, 1, '192.0.2.' || (i % 256), 23, 'open-telnet', 'vulnerable', 'weak-crypto', '',"
         f" TRUE, 64500, 'PK', {{team.pk}}, 1, 2, 0, 0, 0"),
        ("findings_findingseen",
         "id, first_seen, last_seen, count, sources, severity, settled",
         "i, 1795824000000000, 1795824000000000, 1, 1, 2, FALSE"),
    ):
        cursor.execute(f"INSERT INTO {{table}} ({{columns}}) {{numbers}} SELECT {{values}} FROM n")
client = Client()
client.force_login(person)
print(client.cookies["sessionid"].value)
"""  # noqa: S608 our own numbers and words


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def session(house: dict[str, str]) -> str:
    """The session of an officer in a home with a million findings, put straight into the tables."""
    house["PEHRA_SECRET_KEY"] = secrets.token_hex()
    command = [sys.executable, "-c", FILL]
    filled = subprocess.run(command, env=house, capture_output=True, text=True, check=False)
    assert filled.returncode == 0, filled.stderr
    return filled.stdout.strip()


@pytest.fixture
def site(house: dict[str, str], session: str, free_port: int) -> Iterator[psutil.Process]:
    """`pehra serve` with one process that answers."""
    del session
    (Path(house["PEHRA_HOME"]) / "pehra.toml").write_text(
        '[web]\nprocesses = 1\nsecond_factor = "offered"\n'
    )
    command = [sys.executable, "-m", "pehra.cli.main", "serve", "--port", str(free_port), "--json"]
    with subprocess.Popen(command, env=house, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline()
        yield psutil.Process(server.pid)
        server.terminate()


def greatest(server: psutil.Process) -> int:
    """The most memory that any process of the site ever had."""
    found = []
    for child in server.children(recursive=True):
        with open(f"/proc/{child.pid}/status") as lines:  # noqa: PTH123 the kernel's own file
            found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
    return max(found)


@contextmanager
def begun(port: int, session: str, form: str) -> Iterator[tuple[float, http.client.HTTPResponse]]:
    """Seconds to the first byte of the body, and the answer, of which that byte is read."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as asked:
        start = time.monotonic()
        headers = {"Cookie": f"sessionid={session}"}
        asked.request("GET", f"/lists/findings.{form}?state=any", headers=headers)
        with asked.getresponse() as answer:
            assert (answer.status, answer.read(1) != b"") == (200, True)
            yield time.monotonic() - start, answer


def test_a_million_rows_begin_at_once_in_constant_memory(
    site: psutil.Process, session: str, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also while another reader pauses: rows wait in the database, not in the server."""
    before, told = greatest(site), []
    with begun(free_port, session, "csv") as (_, paused):
        for form in ("csv", "jsonl"):
            with begun(free_port, session, form) as (first, answer):
                start, lines, size = time.monotonic(), 0, 0
                while piece := answer.read(1 << 20):
                    lines += piece.count(b"\n")
                    size += len(piece)
            assert lines == ROWS + (form == "csv")
            took = time.monotonic() - start
            told.append(f"{form}: first byte {first:.3f} s, {size >> 20} MiB in {took:.1f} s")
            assert first < STARTS_WITHIN
        after = greatest(site)
        assert paused.read(1) != b""
    with capsys.disabled():
        sys.stdout.write(f"\n{'; '.join(told)}; memory {before >> 20} to {after >> 20} MiB\n")
    assert after - before < GROWTH
