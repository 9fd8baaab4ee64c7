"""Commands of `pehra cases evidence` about requests: ask, take a step, pack, sign, hand over."""

from __future__ import annotations

from datetime import date
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from pehra.cases.evidence.actions.hands import Answered, Turn
    from pehra.cases.evidence.actions.requests import LeaveOut

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Request = Annotated[int, typer.Argument(metavar="REQUEST", help="Number of the request.")]
By = Annotated[str, typer.Option("--by", help="Account of the person whose step it is.")]
Text = Annotated[str, typer.Option("--text", help="What was found or done, in a sentence.")]
Office = Annotated[str, typer.Option(help="In whose name; else any that holds the power.")]


def hang_on(app: typer.Typer) -> None:
    """Hang these commands on `pehra cases evidence`."""
    commands: dict[str, Callable[..., None]] = {
        "ask": ask,
        "paper": paper,
        "requests": requests,
        "request": request,
        "step": step,
        "pack": pack,
        "sign": sign,
        "hand-over": hand_over,
        "counts": counts,
        "key": key,
    }
    for name, command in commands.items():
        app.command(name)(command)


def day(text: str) -> date | None:
    """A day from an option; null where it is empty.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        message = f"`{text}` is no day."
        raise UsageError(message, mend="Such as 2026-12-31.") from None


def _turn(by: str, text: str, office: str) -> Turn:
    from pehra.cases.evidence.actions.hands import Hand, Turn

    return Turn(Hand(by, door.operator().name, office), text, clock())


def _said(as_json: bool, found: Answered) -> None:
    door.say(as_json, found, [f"Request {found.number} stands at {found.state}. {found.why}"])


def ask(
    case: Annotated[int, typer.Argument(help="Number of the case.")],
    kind: Annotated[str, typer.Option(help="preserve, material, traffic, content or own.")],
    agency: Annotated[str, typer.Option(help="Slug of the body that asks.")],
    reference: Annotated[str, typer.Option(help="Its number of the letter, order or warrant.")],
    scope: Annotated[str, typer.Option(help="What is asked for.")],
    by: By,
    ground: Annotated[str, typer.Option(help="Slug of the ground in law.")] = "",
    ordered_by: Annotated[str, typer.Option(help="Slug of the body that ordered it.")] = "",
    preserve_until: Annotated[str, typer.Option(help="Day; for what is to be preserved.")] = "",
    office: Office = "",
    emergency: Annotated[
        bool, typer.Option("--emergency", help="A life is at stake; paper follows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a request down; one without a ground in law is refused at once, and counted."""
    door.open_home()
    from pehra.cases.evidence.actions.asking import NewRequest
    from pehra.cases.evidence.actions.asking import ask as write

    new = NewRequest(
        case=case, kind=kind, agency=agency, reference=reference, ground=ground, scope=scope,
        ordered_by=ordered_by, emergency=emergency, preserve_until=day(preserve_until),
    )  # fmt: skip
    turn = _turn(by, scope, office)
    found = write(new, hand=turn.hand, now=turn.now)
    if found.why:
        message = f"Request {found.number} is refused: {found.why}"
        raise Refused(message)
    _said(as_json, found)


def paper(number: Request, by: By, as_json: Json = False) -> None:
    """Write down that the paper of an urgent request has come."""
    door.open_home()
    from pehra.cases.evidence.actions.asking import paper_came

    turn = _turn(by, "", "")
    paper_came(number, hand=turn.hand, now=turn.now)
    door.say(as_json, {"number": number}, [f"The paper of request {number} is here."])


def requests(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what goes on.")] = False,
    as_json: Json = False,
) -> None:
    """Requests, the newest first; 1 where the paper of an urgent one is overdue."""
    door.open_home()
    from pehra.cases.evidence.queries import requests as found_by
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found, now = found_by(viewer=SYSTEM_VIEWER, waiting=waiting), clock()
    late = [one.id for one in found if one.late(now)]
    ending = [one.id for one in found if one.runs_out(now.date())]
    if as_json:
        door.say(as_json, {"requests": found, "late": late, "ending": ending})
    else:
        names = ("id", "case", "state", "kind", "agency", "reference", "ground")
        door.table("Requests", names, ([getattr(one, name) for name in names] for one in found))
        for number in late:
            door.note(f"The paper of request {number} is overdue.")
        for number in ending:
            door.note(f"What request {number} preserves is let go within a week.")
    if late:
        raise typer.Exit(1)


def request(number: Request, as_json: Json = False) -> None:
    """One request, its steps, what goes out and what was left out."""
    door.open_home()
    from pehra.cases.evidence.queries import course
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = course(number, viewer=SYSTEM_VIEWER)
    if found is None:
        message = f"There is no request {number}."
        raise UsageError(message, mend="`pehra cases evidence requests` lists them.")
    lines = [f"{one.state}\t{one.at:%Y-%m-%d %H:%M}\t{one.by}\t{one.office}\t{one.text}"
             for one in found.steps]  # fmt: skip
    lines += [
        f"{'left out' if one.left_out else 'goes out'}\t{one.item or one.what}\t{one.why}"
        for one in found.choices
    ]
    door.say(as_json, found, [f"Request {number} of {found.request.agency_name}", *lines])


def step(
    number: Request,
    to: Annotated[str, typer.Argument(help="Such as identity_check, legality, consent, narrowed.")],
    by: By,
    text: Text,
    item: Annotated[
        list[int] | None, typer.Option("--item", help="With narrowed: it goes out; repeat it.")
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="With narrowed: `NUMBER: why`, or `what: why`; repeat it."),
    ] = None,
    until: Annotated[str, typer.Option(help="With retained: day.")] = "",
    office: Office = "",
    as_json: Json = False,
) -> None:
    """Take a step of a request; to pack, sign and hand over there are commands of their own."""
    door.open_home()
    from pehra.cases.evidence.actions.requests import Move, advance

    left = tuple(_left_out(one) for one in leave_out or ())
    move = Move(to=to, text=text, items=tuple(item or ()), left_out=left, until=day(until))
    turn = _turn(by, text, office)
    _said(as_json, advance(number, move, hand=turn.hand, now=turn.now))


def _left_out(text: str) -> LeaveOut:
    from pehra.cases.evidence.actions import requests as acts

    what, colon, why = (part.strip() for part in text.partition(":"))
    if not colon or not what:
        message = f"`{text}` says not what is left out, and why."
        raise UsageError(message, mend="Such as `4: of a third party`.")
    if what.isdecimal():
        return acts.LeaveOut(why, int(what))
    return acts.LeaveOut(why, what=what)


def pack(number: Request, by: By, text: Text, office: Office = "", as_json: Json = False) -> None:
    """Make and sign the manifest of a request's package."""
    home = door.open_home()
    from pehra.cases.evidence.actions.packing import pack as make

    _said(as_json, make(home, number, _turn(by, text, office)))


def sign(number: Request, by: By, text: Text, office: Office = "", as_json: Json = False) -> None:
    """Turn the second key: the director stands for the package, and its time is stamped."""
    home = door.open_home()
    from pehra.cases.evidence.actions.packing import second_sign

    _said(as_json, second_sign(home, number, _turn(by, text, office)))


def hand_over(
    number: Request,
    to: Annotated[Path, typer.Option(help="New file for the package, a ZIP.")],
    by: By,
    text: Text,
    office: Office = "",
    as_json: Json = False,
) -> None:
    """Write the package of a request that was signed twice, and say that it is handed over."""
    home = door.open_home()
    from pehra.cases.evidence.actions.packing import deliver

    found = deliver(home, number, to, _turn(by, text, office))
    lines = [
        f"{to}: {found.size:,} bytes, SHA-256 {found.sha256}",
        f"Signed by the key {found.key}; tell its fingerprint by another way.",
        f"Check it: python3 -I verify.py --key {found.key} {to}",
    ]
    door.say(as_json, found, lines)


def counts(as_json: Json = False) -> None:
    """Requests by requester, ground and result, as everybody may read them."""
    door.open_home()
    from pehra.cases.evidence.queries import public
    from pehra.cases.evidence.rules import FEWEST

    found = public()
    if as_json:
        door.say(as_json, found)
        return
    few = f"fewer than {FEWEST}, or hidden with them"
    for title, rows in msgspec.structs.asdict(found).items():
        door.table(title, ("name", "requests"), (
            (one.name, few if one.requests is None else one.requests) for one in rows
        ))  # fmt: skip


def key(as_json: Json = False) -> None:
    """The public key of evidence and its fingerprint, which is to be published."""
    home = door.open_home()
    from pehra.cases.evidence.signing import evidence_key

    found = evidence_key(home)
    told = {"fingerprint": found.fingerprint, "public_key": found.public_pem.decode()}
    door.say(as_json, told, [f"SHA-256 {found.fingerprint}", found.public_pem.decode().strip()])
