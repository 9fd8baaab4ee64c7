"""`pehra cases evidence`: take evidence in, look after it, open it; requests are in `handover`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra.cli import backup, door, handover
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.cases.evidence.actions.keeping import Keeper

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Evidence: its custody, and its hand-over."
)
handover.hang_on(app)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Number = Annotated[int, typer.Argument(metavar="ITEM", help="Number of the evidence.")]
By = Annotated[str, typer.Option("--by", help="Account whose office keeps evidence.")]


def moment(text: str) -> datetime:
    """A moment from an option: RFC 3339, with an offset.

    Raises:
        UsageError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min  # noqa: DTZ901 it has no zone, which is what is asked next
    if found.tzinfo is None:
        message = f"`{text}` is no moment with its offset."
        raise UsageError(message, mend="Such as 2026-11-28T09:30:00Z.")
    return found.astimezone(UTC)


def keeper(email: str, *, item: int = 0, case: int = 0) -> Keeper:
    """The person who keeps evidence of a case, or of the case of an item, by that office."""
    from pehra.cases.evidence.actions.hands import Hand, held, place_of, place_of_item
    from pehra.cases.evidence.actions.keeping import Keeper
    from pehra.cases.evidence.rules import KEEP
    from pehra.mandate.actions import person
    from pehra.mandate.queries import viewer_of

    now = clock()
    place = place_of(case) if case else place_of_item(item)
    able = held(Hand(email, door.operator().name), (KEEP,), now, place)
    return Keeper(viewer_of(person(email), now.date()), able.actor)


@app.command()
def add(
    case: Annotated[int, typer.Argument(help="Number of the case.")],
    file: Annotated[Path, typer.Argument(help="File to take in.")],
    by: By,
    source: Annotated[str, typer.Option(help="From which machine or medium it was collected.")],
    collector: Annotated[str, typer.Option(help="Who collected it.")],
    acquired_at: Annotated[str, typer.Option(help="When, with its offset (RFC 3339).")],
    clock_offset: Annotated[
        float | None, typer.Option(help="Seconds that the collector's clock was ahead.")
    ] = None,
    tool: Annotated[str, typer.Option(help="By which it was acquired.")] = "",
    tool_version: Annotated[str, typer.Option(help="Of the tool.")] = "",
    order: Annotated[str, typer.Option(help="Step of RFC 3227, such as `disk`.")] = "disk",
    note: Annotated[str, typer.Option(help="What else is to be known of it.")] = "",
    derived_from: Annotated[
        int | None, typer.Option(help="Item of which it is a redacted or converted copy.")
    ] = None,
    resume: Annotated[
        int | None, typer.Option(help="Number of an item that broke off while it came in.")
    ] = None,
    harmful: Annotated[bool, typer.Option("--harmful", help="Believed to be malware.")] = False,
    as_json: Json = False,
) -> None:
    """Take a file in, sealed and digested in one pass; `--resume` goes on where it broke off."""
    home = door.open_home()
    from pehra.cases.evidence.actions import taking

    who = keeper(by, case=case)
    wish = taking.New(
        case=case, name=file.name, size=_size(file), source=source, collector=collector,
        acquired_at=moment(acquired_at), clock_offset_seconds=clock_offset, tool=tool,
        tool_version=tool_version, order=order, note=note, derived_from=derived_from,
        harmful=harmful,
    )  # fmt: skip
    number = resume or taking.begin(home, wish, actor=who.actor, now=clock())
    door.note(f"Evidence {number} comes in; `--resume {number}` goes on if it breaks off.")
    watch = taking.Watch(clock, backup.Bar("taken in"))
    with file.open("rb", buffering=0) as stream:
        found = taking.take(home, number, stream, actor=who.actor, watch=watch)
    told = {"item": number, **msgspec.to_builtins(found)}
    door.say(as_json, told, [f"Evidence {number}: {found.size:,} bytes, SHA-256 {found.sha256}"])


def _size(file: Path) -> int:
    try:
        if not file.is_file():
            message = f"{file} is no file."
            raise UsageError(
                message, mend="Name one; a device is imaged first, and the tool named."
            )
        return file.stat().st_size
    except OSError as error:
        message = f"Cannot read {file}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check its owner and mode.") from None


@app.command("list")
def list_(
    case: Annotated[int | None, typer.Option(help="Only of this case.")] = None,
    as_json: Json = False,
) -> None:
    """Items, the newest first."""
    door.open_home()
    from pehra.cases.evidence.queries import items
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = items(viewer=SYSTEM_VIEWER, case=case)
    if as_json:
        door.say(as_json, {"evidence": found})
        return
    names = ("id", "case", "state", "size", "name", "sha256")
    door.table("Evidence", names, ([getattr(one, name) for name in names] for one in found))


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """What is known of an item: where from, its digests, its custody, its holds."""
    door.open_home()
    from pehra.cases.evidence.queries import whole
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = whole(number, viewer=SYSTEM_VIEWER, on=clock().date())
    if found is None:
        message = f"There is no evidence {number}."
        raise UsageError(message, mend="`pehra cases evidence list` names what there is.")
    lines = [f"{line.seq}\t{line.at}\t{line.act}\t{line.by}\t{line.office}\t{line.purpose}"
             for line in found.custody]  # fmt: skip
    head = f"Evidence {number} of case {found.item.case}: {found.item.name}, {found.item.state}"
    holds = [f"hold {one.id}: {one.reason}" for one in found.holds]
    digests = [f"SHA-256 {found.item.sha256}", f"SHA-512 {found.item.sha512}"]
    door.say(as_json, found, [head, *digests, *holds, *lines])


@app.command("open")
def open_(
    number: Number,
    to: Annotated[Path, typer.Option(help="New file: a ZIP under the password `infected`.")],
    purpose: Annotated[str, typer.Option(help="What for; it stands in the custody.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Write an item into a ZIP under a password; who opens it and what for is written down."""
    home = door.open_home()
    from pehra.cases.evidence.actions.keeping import open_item
    from pehra.cases.evidence.inert import PASSWORD, plain_name, sealed_zip
    from pehra.cases.evidence.queries import items

    who = keeper(by, item=number)
    names = [one.name for one in items(viewer=who.viewer, size=1, before=number + 1)]
    pieces = open_item(home, number, who, purpose=purpose, now=clock())
    _write(to, sealed_zip([(plain_name(names[0] if names else ""), pieces)]))
    told = {"item": number, "file": str(to), "password": PASSWORD.decode()}
    door.say(as_json, told, [f"{to}: a ZIP under the password `{PASSWORD.decode()}`."])


def _write(to: Path, pieces: Iterable[bytes]) -> None:
    """A new file that only its owner reads; half of one never stays."""
    try:
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        message = f"Cannot write {to}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a new file.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            for data in pieces:
                file.write(data)
    except BaseException as error:
        to.unlink(missing_ok=True)
        if isinstance(error, OSError):
            message = f"Cannot write {to}: {error.strerror}."
            raise EnvironmentFault(message, mend="Free space, or name another folder.") from None
        raise


@app.command()
def verify(
    number: Number,
    by: By,
    quick: Annotated[bool, typer.Option("--quick", help="The custody only.")] = False,
    as_json: Json = False,
) -> None:
    """Read an item again for its digests, and its custody against the ledger; 1 where it fails."""
    home = door.open_home()
    from pehra.cases.evidence.actions.keeping import verify as look

    found = look(home, number, keeper(by, item=number), now=clock(), read=not quick)
    text = [*found.faults] or [f"Evidence {number} holds: {found.lines} lines of custody."]
    door.say(as_json, {"holds": not found.faults, **msgspec.to_builtins(found)}, text)
    if found.faults:
        raise typer.Exit(1)


@app.command()
def note(
    number: Number,
    text: Annotated[str, typer.Argument(help="The remark.")],
    by: By,
    at: Annotated[str, typer.Option(help="When; a quarter of an hour ago at most.")] = "",
    as_json: Json = False,
) -> None:
    """Add a remark to the custody, such as where a disk lies."""
    door.open_home()
    from pehra.cases.evidence.actions.keeping import note as write

    now = clock()
    write(number, text, keeper(by, item=number), at=moment(at) if at else now, now=now)
    door.say(as_json, {"item": number}, ["Written down."])


@app.command()
def hold(
    number: Number,
    reason: Annotated[str, typer.Option(help="What forbids to destroy it.")],
    by: By,
    until: Annotated[str, typer.Option(help="Day on which it ends; else it is lifted.")] = "",
    as_json: Json = False,
) -> None:
    """Keep an item whatever its age."""
    door.open_home()
    from pehra.cases.evidence.actions.keeping import Hold
    from pehra.cases.evidence.actions.keeping import hold as keep

    who = keeper(by, item=number)
    made = keep(number, Hold(reason, handover.day(until)), who, now=clock())
    door.say(as_json, {"hold": made}, [f"Hold {made} keeps evidence {number}."])


@app.command()
def release(
    number: Annotated[int, typer.Argument(metavar="HOLD", help="Number of the hold.")],
    reason: Annotated[str, typer.Option(help="Why it ends.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Lift a hold."""
    door.open_home()
    from pehra.cases.evidence.actions.keeping import release as lift
    from pehra.cases.evidence.queries import item_of_hold

    lift(number, reason, keeper(by, item=item_of_hold(number)), now=clock())
    door.say(as_json, {"hold": number}, [f"Hold {number} is lifted."])


@app.command()
def destroy(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why it may go.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Destroy an item whose time is over; its digests and its custody stay."""
    home = door.open_home()
    from pehra.cases.evidence.actions.keeping import destroy as end

    certificate = end(home, number, reason, keeper(by, item=number), now=clock())
    told: dict[str, Any] = {"item": number, "certificate": certificate}
    door.say(as_json, told, [f"Evidence {number} is destroyed. Certificate: {certificate}"])
