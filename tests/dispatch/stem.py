"""A process with everything imported and nothing begun: it forks one worker for each order.

So a kill falls into the sending and not into its start. An order is a line of JSON: `do` and what
that needs. Forked, it answers with the child's number; `wait` answers with how the child ended.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connections  # noqa: E402 Django first

from pehra.dispatch import jobs, rules  # noqa: E402 Django first
from pehra.dispatch.actions import carrying, release, resolve, switch  # noqa: E402 Django first
from pehra.dispatch.letters import Letter  # noqa: E402 Django first
from pehra.dispatch.models import Envelope, Receipt  # noqa: E402 Django first
from pehra.dispatch.rules import Outgoing, Recipient, State  # noqa: E402 Django first
from pehra.kernel.actors import SYSTEM, Actor  # noqa: E402 Django first
from pehra.kernel.labels import Tlp  # noqa: E402 Django first
from pehra.kernel.settings import home_path  # noqa: E402 Django first
from pehra.ledger import queries as ledger  # noqa: E402 Django first
from pehra.ledger.keys import verifier_key  # noqa: E402 Django first
from pehra.ledger.models import Entry  # noqa: E402 Django first
from pehra.mandate.tenancy import as_system  # noqa: E402 Django first


def let_go(order: dict[str, Any]) -> None:
    """Release letters, live."""
    now = datetime.fromisoformat(order["now"])
    if order["first"] == 0:
        switch.propose_live(actor=SYSTEM, now=now)
        switch.confirm_live(actor=Actor("another", "director"), now=now)
    release(
        [
            Outgoing(
                kind="notice",
                reference=f"notice:{number}",
                key=f"notice:{number}",
                recipient=Recipient(address=f"desk{number}@bank.example"),
                letter=Letter(f"Letter {number}", "text\n" * 40),
                tlp=Tlp.CLEAR,
            )
            for number in range(order["first"], order["first"] + order["count"])
        ],
        actor=SYSTEM,
        now=now,
    )


def send(order: dict[str, Any]) -> None:
    """Send what is due, after what a worker left is judged."""
    Path(order["pid"]).write_text(str(os.getpid()))
    now = datetime.fromisoformat(order["now"])
    carrying.recover(now=now)
    jobs.send({}, now=now, progress=lambda _done, _total: None)


def settle(order: dict[str, Any]) -> None:
    """A person reads the relay's log and says of each uncertain letter whether it left."""
    now = datetime.fromisoformat(order["now"])
    carrying.recover(now=now)
    with as_system():
        found = list(Envelope.objects.filter(state=State.UNCERTAIN).values_list("pk", "message_id"))
    for number, message in found:
        state = State.SENT if message in order["taken"] else State.WAITING
        resolve(number, state, why="the relay's log", actor=SYSTEM, now=now)


def tell(order: dict[str, Any]) -> None:
    """Write down how everything stands."""
    with as_system():
        rows = list(Envelope.objects.order_by("pk").values("pk", "message_id", "state", "attempts"))
        uncertain = Receipt.objects.filter(outcome="resolved").count()
    entries = Entry.objects.filter(act="dispatch.sent").values_list("body", flat=True)
    told = {
        "rows": rows,
        "resolved": uncertain,
        "sent": [json.loads(bytes(body))["facts"]["message"] for body in entries],
        "verified": ledger.verify(verifier_key(home_path())).ok,
    }
    Path(order["out"]).write_text(json.dumps(told))


WORK = {"release": let_go, "send": send, "settle": settle, "tell": tell}


def main() -> None:
    """Serve orders."""
    assert rules.LEASE
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            code = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
            sys.stdout.write(f"{code}\n")
            sys.stdout.flush()
            continue
        pid = os.fork()
        if pid == 0:
            try:
                WORK[order["do"]](order)
                connections.close_all()
            except BaseException:  # noqa: BLE001 a fork must never come back into the loop
                traceback.print_exc()
                os._exit(9)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


main()
