"""Many processes append at once: nothing is lost, doubled or out of order."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

APPEND = """
import sys, django
django.setup()
from django.db import transaction
from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import clock
from pehra.ledger import actions
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2])):
    with transaction.atomic():
        actions.append("tests.write", actor=SYSTEM, subject=f"process:{sys.argv[1]}",
                       facts={"number": number}, now=clock())
"""
JUDGE = """
import django, json
django.setup()
from pehra.ledger import queries
verdict = queries.verify(None)
print(json.dumps([verdict.ok, verdict.size, [
    [found.facts["number"] for found in queries.show(f"process:{process}", limit=1000)][::-1]
    for process in range(4)]]))
"""


@pytest.mark.database
def test_four_processes_append_to_one_log(house: dict[str, str]) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", APPEND, str(number), "200"],
            env=house,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    ended = [process.communicate("go\n", timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ended
    judged = subprocess.run(
        [sys.executable, "-c", JUDGE], env=house, capture_output=True, text=True, check=True
    )
    assert json.loads(judged.stdout) == [True, 800, [list(range(200))] * 4]
