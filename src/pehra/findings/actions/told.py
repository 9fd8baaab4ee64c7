"""What notices do to many findings at once: their holder was told, and their holder answered.

Both are parts of another room's act, whose transaction and ledger entry they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from pehra.findings.actions.answers import state_columns
from pehra.findings.actions.settled import take_turn
from pehra.findings.rules import SETTLED, Act, State, left_in, taken_from
from pehra.kernel.time import micros
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

_CHUNK = 5_000
_STEP = (
    "INSERT INTO findings_step (finding_id, at, state, by, why)"
    " SELECT id, %s, %s, %s, %s FROM findings_finding WHERE state IN ({states}) AND id IN ({ids})"
)
_CHANGE = "UPDATE findings_finding SET {columns} WHERE state IN ({states}) AND id IN ({ids})"
_SETTLE = (
    "UPDATE findings_findingseen SET settled = %s WHERE id IN"
    " (SELECT id FROM findings_finding WHERE state IN ({states}) AND id IN ({ids}))"
)


def notify(findings: Sequence[int], *, by: str, why: str, now: datetime) -> int:
    """Their holder is told; returns how many were new to them.

    One that was told before keeps the moment of the first time, until it relapses.
    """
    columns = "state = %s, notified_at = %s"
    values = [int(State.NOTIFIED), micros(now)]
    return _change(findings, Act.NOTIFY, (columns, values), (by, why), now)


def answered(findings: Sequence[int], act: Act, *, by: str, why: str, now: datetime) -> int:
    """Their holder says `act` of them; returns how many took it.

    Those whose state does not take the act are left: they were answered before, or have ended.
    """
    return _change(findings, act, state_columns(act, micros(now), None), (by, why), now)


@as_system()
def _change(
    findings: Sequence[int],
    act: Act,
    changes: tuple[str, list[Any]],
    said: tuple[str, str],
    now: datetime,
) -> int:
    after = left_in(act) or State.OPEN  # an act of `Act` always leads to a state
    states = ", ".join(str(int(state)) for state in sorted(taken_from(act)))
    columns, values = changes
    changed = 0
    take_turn()
    for ids in _chunks(findings):
        words = {"states": states, "ids": ", ".join(["%s"] * len(ids)), "columns": columns}
        by, why = said
        with connection.cursor() as cursor:
            step: list[Any] = [micros(now), int(after), by[:160], why[:240], *ids]
            cursor.execute(_STEP.format(**words), step)
            if after in SETTLED:
                cursor.execute(_SETTLE.format(**words), [True, *ids])
            cursor.execute(_CHANGE.format(**words), [*values, *ids])
            changed += int(cursor.rowcount)
    return changed


def _chunks(findings: Sequence[int]) -> Iterator[list[int]]:
    ordered = sorted(findings)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
