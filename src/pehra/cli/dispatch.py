"""`pehra dispatch`: what leaves: list, show, sending on and off, resolve what is uncertain."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.dispatch.rules import Sending
    from pehra.kernel.actors import Actor

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Number = Annotated[int, typer.Argument(help="Of the envelope.")]
By = Annotated[
    str, typer.Option("--by", help="Account of the person who decides, `name@example.org`.")
]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What leaves, and how far sending is on."
)


@app.command("list")
def list_(
    *,
    state: Annotated[str, typer.Option(help="Such as waiting, sent, uncertain.")] = "",
    kind: Annotated[str, typer.Option(help="Such as notice.")] = "",
    organisation: Annotated[str, typer.Option(help="Short name of the recipient.")] = "",
    reference: Annotated[str, typer.Option(help="What it is about, such as notice:12.")] = "",
    exercise: Annotated[bool | None, typer.Option(help="Drills only, or none.")] = None,
    before: Annotated[int | None, typer.Option(help="Only envelopes with a lower number.")] = None,
    size: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List envelopes, the newest first."""
    door.open_home()
    from pehra.dispatch import queries
    from pehra.dispatch.rules import State
    from pehra.mandate.viewers import SYSTEM_VIEWER

    if state and state not in list(State):
        message = f"There is no state `{state}`."
        raise UsageError(message, mend=f"One of {', '.join(State)}.")
    wanted = queries.Wanted(
        state=state,
        kind=kind,
        organisation=_organisation(organisation) if organisation else None,
        reference=reference,
        exercise=exercise,
    )
    found = queries.envelopes(wanted, viewer=SYSTEM_VIEWER, before=before, size=size)
    counts = queries.counts(viewer=SYSTEM_VIEWER)
    if as_json:
        door.say(as_json, {"envelopes": [_plain(one) for one in found], "counts": counts})
        return
    columns = ("envelope", "state", "to", "kind", "about", "label", "released", "sent", "why")
    rows = (
        (
            one.id, one.state, one.address, one.kind, one.reference, one.tlp,
            iso(one.released_at), iso(one.sent_at) if one.sent_at else "", one.refusal,
        )
        for one in found
    )  # fmt: skip
    door.table("Envelopes", columns, rows)
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    door.note(told or "Nothing was released yet.")


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 any of the queries' rows
    import msgspec

    told = msgspec.structs.asdict(row)
    return {name: iso(one) if isinstance(one, datetime) else one for name, one in told.items()}


def _organisation(slug: str) -> int:
    from pehra.mandate.queries import organisation_row

    found = organisation_row(slug)
    if found is None:
        message = f"There is no organisation `{slug}`."
        raise UsageError(message, mend="See `pehra registry show`.")
    number: int = found.pk
    return number


@app.command()
def show(
    number: Number,
    *,
    letter: Annotated[
        bool, typer.Option("--letter", help="Open it too; that you did is in the ledger.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one envelope, what was heard of it, and what lies inside."""
    home = door.open_home()
    from pehra.dispatch import queries
    from pehra.dispatch.actions import open_letter
    from pehra.mandate.viewers import SYSTEM_VIEWER

    line = queries.envelope(number, viewer=SYSTEM_VIEWER)
    if line is None:
        message = f"There is no envelope {number}."
        raise UsageError(message, mend="See `pehra dispatch list`.")
    heard = [_plain(one) for one in queries.receipts(number, viewer=SYSTEM_VIEWER)]
    told: dict[str, Any] = {**_plain(line), "receipts": heard}
    if letter:
        inside = open_letter(
            number, home=home, viewer=SYSTEM_VIEWER, actor=door.operator(), now=clock()
        )
        told["letter"] = None if inside is None else _letter(inside.letter)
    lines = [f"{name}: {value}" for name, value in told.items() if name != "letter"]
    if told.get("letter"):
        lines += ["", told["letter"]["subject"], "", told["letter"]["text"]]
    door.say(as_json, told, lines)


def _letter(letter: Any) -> dict[str, Any]:  # noqa: ANN401 a letter, whose module is imported late
    return {
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "attachments": [
            {"name": one.name, "media_type": one.media_type, "bytes": len(one.content)}
            for one in letter.attachments
        ],
    }


@app.command()
def state(*, as_json: Json = False) -> None:
    """Say how far sending is switched on, and what waits."""
    door.open_home()
    from pehra.dispatch import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    counts = queries.counts(viewer=SYSTEM_VIEWER)
    _say(as_json, queries.sending(), {"counts": counts})


def _say(as_json: bool, told: Sending, more: dict[str, Any] | None = None) -> None:
    row = {**_plain(told), "pilot": sorted(told.pilot), **(more or {})}
    words = {
        "preview": "Sending is off (`preview`): letters are kept and shown.",
        "redirect": f"All mail goes to {told.redirect_to} (`redirect`).",
        "pilot": f"Letters go to {len(told.pilot)} organisations (`pilot`).",
        "live": "Sending is `live`: letters leave.",
    }
    lines = [words[told.mode.value]]
    if told.proposed_by:
        lines.append(f"{told.proposed_by} proposed that it goes live; another person confirms.")
    lines += [f"{name}: {count:,}" for name, count in row.get("counts", {}).items() if count]
    door.say(as_json, row, lines)


@app.command("set")
def set_(
    mode: Annotated[str, typer.Argument(help="preview, redirect or pilot.")],
    *,
    redirect_to: Annotated[str, typer.Option(help="The one mailbox, for `redirect`.")] = "",
    pilot: Annotated[
        list[str] | None, typer.Option(help="Short name of an organisation; repeat it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Switch sending to a mode that one person may set; back to `preview` at any time."""
    door.open_home()
    from pehra.dispatch.actions import set_sending
    from pehra.dispatch.rules import Mode

    if mode not in list(Mode):
        message = f"There is no mode `{mode}`."
        raise UsageError(message, mend=f"One of {', '.join(Mode)}.")
    told = set_sending(
        Mode(mode),
        redirect_to=redirect_to,
        pilot=[_organisation(slug) for slug in pilot or []],
        actor=door.operator(),
        now=clock(),
    )
    _say(as_json, told)


@app.command()
def propose(*, by: By, as_json: Json = False) -> None:
    """Propose that sending goes live; another person confirms."""
    door.open_home()
    from pehra.dispatch.actions import propose_live

    now = clock()
    _say(as_json, propose_live(actor=_decider(by, now), now=now))


@app.command()
def confirm(*, by: By, as_json: Json = False) -> None:
    """Confirm what another person proposed: from now on letters leave."""
    door.open_home()
    from pehra.dispatch.actions import confirm_live

    now = clock()
    _say(as_json, confirm_live(actor=_decider(by, now), now=now))


def _decider(email: str, now: datetime) -> Actor:
    from pehra.mandate.actions import person
    from pehra.mandate.powers import Power
    from pehra.mandate.queries.powers import warrant_of

    found = person(email)
    held = warrant_of(found, Power("handle-reports"), now)
    if held is None:
        message = f"{email} holds no office that decides."
        raise Refused(message, mend="Appoint the person to one that may `handle-reports`.")
    return held.actor(found.email)


@app.command()
def resolve(
    number: Number,
    state: Annotated[
        str, typer.Argument(help="sent: it had left; waiting: it had not; failed: given up.")
    ],
    *,
    why: Annotated[str, typer.Option(help="By which knowledge, such as the relay's log.")],
    as_json: Json = False,
) -> None:
    """Say what became of an uncertain letter, or let a failed one be tried again."""
    door.open_home()
    from pehra.dispatch import actions
    from pehra.dispatch.rules import State

    if state not in (State.SENT, State.WAITING, State.FAILED):
        message = f"A person says `sent`, `waiting` or `failed`, not `{state}`."
        raise UsageError(message, mend="See `docs/sending.md`.")
    actions.resolve(number, State(state), why=why, actor=door.operator(), now=clock())
    door.say(as_json, {"envelope": number, "state": state}, [f"Envelope {number} is {state}."])


@app.command("hook-key")
def hook_key(
    address: Annotated[str, typer.Argument(help="Of the webhook, `https://...`.")],
    *,
    as_json: Json = False,
) -> None:
    """Show the key by which what is posted to a webhook is signed; give it to its receiver."""
    home = door.open_home()
    from pehra.dispatch.hooks import key_for
    from pehra.dispatch.posting import home_secret

    key = key_for(home_secret(home), address)
    door.say(as_json, {"address": address, "key": key}, [key])
