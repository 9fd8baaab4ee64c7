"""`pehra notices`: plan, look at, let go and send messages; take in answers that came otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from pehra.cli import door, exercises
from pehra.cli.compare import compare
from pehra.cli.effect import effect
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.notices.queries import NoticeView, RoundView

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Messages to those who must act."
)

app.command()(compare)
app.command()(effect)
app.add_typer(exercises.app, name="exercise")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
RoundNumber = Annotated[int, typer.Argument(metavar="ROUND", help="Number of the round.")]


def _round(row: RoundView) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(row)
    return told


def _notice(row: NoticeView) -> dict[str, Any]:
    from pehra.kernel.labels import Severity

    return {
        "id": row.id,
        "round": row.round,
        "kind": row.kind,
        "mailbox": row.mailbox,
        "language": row.language,
        "why": row.why,
        "severity": Severity(row.severity).word,
        "findings": row.findings,
        "state": row.state,
        "refused_why": row.refused_why,
        "released_at": iso(row.released_at) if row.released_at else None,
        "answered_at": iso(row.answered_at) if row.answered_at else None,
        "envelope": row.envelope,
    }


_ROUND = ("id", "at", "state", "urgent", "recipients", "findings", "untold", "held_why")
_NOTICE = ("id", "mailbox", "kind", "severity", "findings", "state", "why")


@app.command()
def plan(
    urgent: Annotated[
        bool, typer.Option("--urgent", help="Only what is told at once; else digests.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Plan a round now, as the worker does by the clock, and show who would be told of what.

    While sending is off this is a preview, and changes nothing.
    """
    door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices import jobs, queries
    from pehra.notices.actions import rounds

    now = clock()

    def show(done: int, total: int) -> None:
        door.note(f"{done:,} of {total:,} findings read")

    found = rounds.plan(jobs.scene(now), urgent=urgent, actor=door.operator(), progress=show)
    if found is None:
        door.say(as_json, {"round": None, "notices": []}, ["Nobody is to be told anything now."])
        return
    rows = queries.notices(viewer=SYSTEM_VIEWER, round_=found.id, size=100_000)
    told = [_notice(row) for row in rows]
    if as_json:
        door.say(as_json, {"round": _round(found), "notices": told})
        return
    title = f"Round {found.id}, {found.state}: {found.recipients:,} mailboxes"
    door.table(title, _NOTICE, ([row[name] for name in _NOTICE] for row in told))


@app.command()
def rounds(
    before: Annotated[int, typer.Option(min=0, help="Older than this round.")] = 0,
    size: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """Rounds with their states; `held` ones wait for a person."""
    door.open_home()
    from pehra.notices import queries

    found = [_round(row) for row in queries.rounds(before=before or None, size=size)]
    if as_json:
        door.say(as_json, {"rounds": found})
        return
    door.table("Rounds", _ROUND, ([row[name] for name in _ROUND] for row in found))


@app.command()
def send(number: RoundNumber, as_json: Json = False) -> None:
    """Let a held round go; the worker sends it. Exits 3 where it does not wait for that."""
    _decide(number, go=True, as_json=as_json)


@app.command()
def drop(number: RoundNumber, as_json: Json = False) -> None:
    """Drop a held round: nobody is told."""
    _decide(number, go=False, as_json=as_json)


def _decide(number: int, *, go: bool, as_json: bool) -> None:
    door.open_home()
    from pehra.notices import queries
    from pehra.notices.actions import rounds as acts

    acts.decide(number, go=go, actor=door.operator(), now=clock())
    found = queries.round_of(number)
    state = found.state if found else ""
    door.say(as_json, {"round": number, "state": state}, [f"Round {number} is {state}."])


@app.command("list")
def list_(
    round_: Annotated[int, typer.Option("--round", min=0, help="Only of this round.")] = 0,
    before: Annotated[int, typer.Option(min=0, help="Older than this notice.")] = 0,
    size: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Notices, the newest first."""
    door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices import queries

    rows = queries.notices(
        viewer=SYSTEM_VIEWER, round_=round_ or None, before=before or None, size=size
    )
    told = [_notice(row) for row in rows]
    if as_json:
        door.say(as_json, {"notices": told})
        return
    door.table("Notices", _NOTICE, ([row[name] for name in _NOTICE] for row in told))


def _number(text: str) -> int:
    try:
        return int(text.removeprefix("N"))
    except ValueError:
        message = f"`{text}` is no number of a notice."
        raise UsageError(message, mend="Write it like N12.") from None


@app.command()
def show(
    notice: Annotated[str, typer.Argument(help="Number of the notice, such as N12.")],
    as_json: Json = False,
) -> None:
    """One notice: to whom, why, about what, its words as they would leave now, and its answers."""
    home = door.open_home()
    from pehra.kernel.settings import load
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices import queries
    from pehra.notices.actions.compose import composed, composer

    number = _number(notice)
    row = queries.one(number, viewer=SYSTEM_VIEWER)
    if row is None:
        message = f"There is no notice {notice}."
        raise UsageError(message, mend="`pehra notices list` shows them.")
    now = clock()
    made = composed(composer(home, load(home), now.date()), number, now=now)
    letter = made.outgoing.letter if made else None
    told = {
        **_notice(row),
        "organisations": [one.slug for one in queries.parties(number, viewer=SYSTEM_VIEWER)],
        "finding_ids": queries.findings_of(number, viewer=SYSTEM_VIEWER),
        "subject": letter.subject if letter else None,
        "text": letter.text if letter else None,
        "tlp": made.outgoing.tlp.value if made else None,
        "answers": msgspec.to_builtins(queries.answers(number, viewer=SYSTEM_VIEWER)),
    }
    lines = [f"{name}: {value}" for name, value in told.items() if name not in {"text", "answers"}]
    lines += [f"answer: {one['said']} by {one['by']}: {one['words']}" for one in told["answers"]]
    door.say(as_json, told, [*lines, "", told["text"] or "Nothing of it is left to tell."])


@app.command()
def approve(
    kind: Annotated[str, typer.Argument(help="source, template or routing.")],
    names: Annotated[list[str], typer.Argument(help="Such as the slug of a source.")],
    as_json: Json = False,
) -> None:
    """Approve a source, a template or a routing rule; two persons must, once.

    Exits 3 where the same person approved it already.
    """
    door.open_home()
    from pehra.notices.actions.rounds import approve as act

    found = act(kind, names, actor=door.operator(), now=clock())
    told = [{"name": name, "approved": whole} for name, whole in found.items()]
    words = [
        f"{name}: {'approved' if whole else 'one more person must approve it'}"
        for name, whole in found.items()
    ]
    door.say(as_json, {"kind": kind, "approvals": told}, words)


@app.command()
def approvals(as_json: Json = False) -> None:
    """What two persons have approved, what one has, and what is lacking before messages leave."""
    door.open_home()
    from pehra.notices import queries
    from pehra.notices.actions.rounds import unapproved

    known: list[dict[str, Any]]
    known = [
        {
            "kind": row.kind,
            "name": row.name,
            "by": list(filter(None, (row.first_by, row.second_by))),
        }
        for row in queries.approvals()
    ]
    told = {(row["kind"], row["name"]) for row in known}
    lacking = [one for one in unapproved() if one not in told]
    known += [{"kind": kind, "name": name, "by": []} for kind, name in lacking]
    if as_json:
        door.say(as_json, {"approvals": known})
        return
    cells = ([row["kind"], row["name"], ", ".join(row["by"])] for row in known)
    door.table("Approvals", ("kind", "name", "by"), cells)


@app.command()
def answer(
    notice: Annotated[str, typer.Argument(help="Number of the notice, such as N12.")],
    said: Annotated[str, typer.Argument(help="fixed, working, not-mine, false-positive, comment.")],
    words: Annotated[str, typer.Option(help="What was said, in words.")] = "",
    by: Annotated[str, typer.Option(help="Who said it.")] = "",
    as_json: Json = False,
) -> None:
    """Note an answer that came by telephone."""
    door.open_home()
    from pehra.notices.actions.answers import Reply, take_answer
    from pehra.notices.rules import Said

    if said not in set(Said):
        message = f"`{said}` is no answer."
        raise UsageError(message, mend=f"Possible: {', '.join(Said)}.")
    person = by or door.operator().name
    reply = Reply(notice=_number(notice), said=Said(said), how="phone", by=person, words=words)
    changed = take_answer(reply, now=clock())
    door.say(as_json, {"notice": _number(notice), "changed": changed}, [f"{changed} changed."])


@app.command()
def calls(as_json: Json = False) -> None:
    """Whom somebody must telephone, and where nobody answered in time."""
    door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices.queries.waiting import tasks

    found = [msgspec.to_builtins(one) for one in tasks("call", viewer=SYSTEM_VIEWER)]
    steps = [msgspec.to_builtins(one) for one in tasks("step", viewer=SYSTEM_VIEWER)]
    if as_json:
        door.say(as_json, {"calls": found, "steps": steps})
        return
    shown = ("kind", "id", "slug", "why", "findings", "opened_at")
    door.table("Waiting", shown, ([one[name] for name in shown] for one in [*steps, *found]))


Outcome = Annotated[str, typer.Option(help="How it went, in words.")]
TaskNumber = Annotated[int, typer.Argument(help="As `pehra notices calls` numbers them.")]


@app.command("call-done")
def call_done(number: TaskNumber, outcome: Outcome = "", as_json: Json = False) -> None:
    """Note that a call was made, and how it went."""
    _done("call", number, outcome, as_json=as_json)


@app.command("step-done")
def step_done(number: TaskNumber, outcome: Outcome = "", as_json: Json = False) -> None:
    """Note that a step of the ladder was taken, and how it went."""
    _done("step", number, outcome, as_json=as_json)


def _done(kind: str, number: int, outcome: str, *, as_json: bool) -> None:
    door.open_home()
    from pehra.notices.actions import ladder

    ladder.done(kind, number, outcome, actor=door.operator(), now=clock())
    door.say(as_json, {kind: number, "done": True}, [f"The {kind} {number} is done."])


@app.command()
def replies(
    every: Annotated[
        bool, typer.Option("--all", help="Also those that counted, and what servers said.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What came by mail and did not count: a person says whether it is genuine."""
    door.open_home()
    from pehra.mandate.viewers import SYSTEM_VIEWER
    from pehra.notices.queries import waiting

    rows = waiting.replies(viewer=SYSTEM_VIEWER, state="" if every else "unverified")
    found = [msgspec.to_builtins(one) for one in rows]
    if as_json:
        door.say(as_json, {"replies": found})
        return
    shown = ("id", "notice", "kind", "state", "why", "author", "said", "words")
    door.table("Replies", shown, ([one[name] for name in shown] for one in found))


@app.command("take-reply")
def take_reply(
    number: Annotated[int, typer.Argument(help="As `pehra notices replies` numbers them.")],
    aside: Annotated[bool, typer.Option("--aside", help="Set it aside instead.")] = False,
    as_json: Json = False,
) -> None:
    """Take a reply as an answer, since you know that it is genuine; or set it aside."""
    door.open_home()
    from pehra.notices.actions.replies import decide_reply

    changed = decide_reply(number, take=not aside, actor=door.operator(), now=clock())
    words = "set aside" if aside else f"taken, {changed} changed"
    door.say(as_json, {"reply": number, "changed": changed}, [f"Reply {number}: {words}."])


@app.command()
def climb(as_json: Json = False) -> None:
    """Note who is silent, and take every step of the ladder that is due, as the worker does."""
    door.open_home()
    from pehra.notices import jobs
    from pehra.notices.actions import ladder

    def show(done: int, total: int) -> None:
        door.note(f"{done:,} of {total:,} findings read")

    found = ladder.climb(jobs.scene(clock()), actor=door.operator(), progress=show)
    line = (
        f"{found.silent:,} silent, {found.reminded:,} mailboxes to remind,"
        f" {found.escalated:,} steps for a person, {found.ended:,} ended."
    )
    door.say(as_json, msgspec.to_builtins(found), [line])
