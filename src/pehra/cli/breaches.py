"""`pehra cases breaches` and `pehra cases leaked-check`: the register; is a password out."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import Annotated, Any

import typer

from pehra.cases.breaches.leaked import PREFIX, Kind, count_in, digest_of, ranged
from pehra.cli import door
from pehra.kernel.errors import UsageError
from pehra.kernel.time import iso

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
_SHOWN = (
    "id", "case", "organisation", "state", "risk", "aware_at", "authority_due", "authority_at",
)  # fmt: skip


def breaches(
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """The register of breaches, un-notified ones too, the newest first."""
    door.open_home()
    from pehra.cases.breaches.queries import register
    from pehra.mandate.viewers import SYSTEM_VIEWER

    told: list[dict[str, Any]] = []
    for one in register(viewer=SYSTEM_VIEWER, size=most):
        moments = {
            name: iso(at) if (at := getattr(one, name)) else None
            for name in ("aware_at", "authority_due", "authority_at", "people_at")
        }
        plain = {name: getattr(one, name) for name in ("id", "case", "organisation", "state")}
        told.append({**plain, "risk": one.risk, **moments, "missing": list(one.missing)})
    if as_json:
        door.say(as_json, {"breaches": told})
        return
    door.table("Breaches", _SHOWN, ([one[name] for name in _SHOWN] for one in told))


def leaked_check(
    kind: Annotated[Kind, typer.Option("--kind", help="Which digest the data here have.")] = (
        Kind.SHA1
    ),
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the ranges lie; else the home's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a password is in a published leak. It is asked for, or read from a pipe.

    It is hashed here; only the range of its first five digits is read. Nothing is sent or kept.
    """
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        message = "There is no password."
        raise UsageError(message, mend="Type one, or send it by a pipe; never as an argument.")
    if folder is None:
        from pehra.kernel.settings import home_path

        folder = home_path().root / "leaked"
    digest = digest_of(password, kind)
    count = count_in(ranged(folder, kind, digest[:PREFIX]), digest)
    told = {"found": count > 0, "count": count, "kind": kind.value, "prefix": digest[:PREFIX]}
    word = f"Seen {count} times in leaks: change it." if count else "Not among these leaks."
    door.say(as_json, told, [word])
