"""`pehra mailboxes`: mail with reports, replies, or of citizens: list, set, rules, read, remove."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door
from pehra.cli.sources import period, round_now, secret_in
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.intake.fetching.queries import BoxState
    from pehra.intake.fetching.rules import Rule

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Name = Annotated[str, typer.Argument(help="Of the mailbox, such as `reports`.")]

app = typer.Typer(
    invoke_without_command=True, help="Mail with reports, and with replies to notices."
)

_PARTS = ("source", "sender", "subject", "file")


@app.callback()
def default(context: typer.Context, *, as_json: Json = False) -> None:
    """The mailboxes, how they do, and which messages are whose; without a command: the list."""
    if context.invoked_subcommand is None:
        mailboxes_list(as_json=as_json)


@app.command("list")
def mailboxes_list(*, as_json: Json = False) -> None:
    """List the mailboxes."""
    door.open_home()
    from pehra.intake.fetching import queries
    from pehra.mandate.viewers import SYSTEM_VIEWER

    found = queries.box_states(viewer=SYSTEM_VIEWER)
    if as_json:
        door.say(as_json, {"mailboxes": [_row(one) for one in found]})
        return
    columns = (
        "name",
        "purpose",
        "host",
        "login",
        "folder",
        "read",
        "last success",
        "unclaimed",
        "state",
    )
    door.table("Mailboxes", columns, (_cells(one) for one in found))


def _row(one: BoxState) -> dict[str, Any]:
    import msgspec

    row: dict[str, Any] = msgspec.to_builtins(one)
    told = {"last_try": one.last_try, "last_success": one.last_success}
    return {**row, **{name: iso(moment) if moment else None for name, moment in told.items()}}


def _cells(one: BoxState) -> list[object]:
    read = f"every {timedelta(seconds=one.every_seconds)}" if one.enabled else "off"
    last = iso(one.last_success) if one.last_success else ""
    state = f"{one.failures} failed: {one.fault}" if one.fault else "well" if last else ""
    return [
        *(one.name, one.purpose, one.host, one.login, one.folder),
        *(read, last, one.unclaimed, state),
    ]


@app.command("set")
def set_box(
    name: Name,
    *,
    host: Annotated[str, typer.Option(help="Of the IMAP server.")] = "",
    login: Annotated[str, typer.Option(help="Who reads.")] = "",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 993,
    security: Annotated[
        str, typer.Option(help="tls, starttls, or none, which is for this machine only.")
    ] = "tls",
    folder: Annotated[str, typer.Option(help="Of the mailbox.")] = "INBOX",
    purpose: Annotated[
        str,
        typer.Option(help="What comes there: reports, replies (to notices), or citizens."),
    ] = "reports",
    every: Annotated[str, typer.Option(help="How often, as 5m or 1h.")] = "5m",
    enable: Annotated[bool, typer.Option("--enable/--disable", help="Read when due.")] = True,
    password_file: Annotated[
        Path | None, typer.Option(help="Keep the password in this file; - reads standard input.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a mailbox, or say anew all that is said of one; its password stays unless given."""
    home = door.open_home()
    from pehra.intake.fetching import actions, keys

    _check_name(name)
    if not (host and login):
        message = "A mailbox needs a host and a login."
        raise UsageError(message, mend="Say `--host HOST --login NAME`.")
    told = actions.NewBox(
        host=host,
        login=login,
        port=port,
        security=security,
        folder=folder,
        purpose=purpose,
        every=period(every),
        enabled=enable,
    )
    actions.set_mailbox(name, told, actor=door.operator(), now=clock())
    if password_file is not None:
        keys.keep(keys.of_mailbox(home, name), secret_in(password_file), password=True)
    kept = keys.of_mailbox(home, name).is_file()
    line = f"{name}: {'on' if enable else 'off'}{'' if kept else ', without a password'}"
    door.say(as_json, {"mailbox": name, "enabled": enable, "has_password": kept}, [line])


def _check_name(name: str) -> None:
    """It becomes the name of a file."""
    fits = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
    if not (fits and len(name) <= 64):  # noqa: PLR2004 the column's
        message = f"`{name}` is no name of a mailbox."
        raise UsageError(message, mend="Letters, digits, `-` and `_`, at most 64.")


@app.command()
def rules(
    name: Name,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="source=SLUG,sender=ADDRESS or @DOMAIN[,subject=*][,file=*][,whole]"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which messages are reports of which source, the first that fits; without rules: show."""
    door.open_home()
    from pehra.intake.fetching import actions, queries

    told = queries.box(name)
    if rule:
        actions.set_rules(
            name, [_rule(words) for words in rule], actor=door.operator(), now=clock()
        )
        told = queries.box(name)
    lines = [f"{one.source}\t{one.sender}\t{one.subject}\t{one.file}" for one in told.rules]
    door.say(as_json, {"mailbox": name, "rules": told.rules}, lines)


def _rule(words: str) -> Rule:
    from pehra.intake.fetching.rules import Rule

    told: dict[str, str] = {}
    whole = False
    for part in words.split(","):
        key, sign, value = part.strip().partition("=")
        if key == "whole" and not sign:
            whole = True
        elif key in _PARTS and sign:
            told[key] = value.strip()
        else:
            message = f"`{part}` is no part of a rule."
            raise UsageError(message, mend=f"One of {', '.join(_PARTS)} with `=`, or `whole`.")
    if "source" not in told:
        message = f"The rule `{words}` names no source."
        raise UsageError(message, mend="Write `source=SLUG,sender=ADDRESS`.")
    return Rule(whole=whole, **told)


@app.command()
def read(name: Name, *, as_json: Json = False) -> None:
    """Take in the reports, the replies, or what citizens report, among new messages now.

    Exits 1 where something could not be read.
    """
    home = door.open_home()
    from pehra.findings import mail
    from pehra.intake.fetching import queries

    purpose = queries.box(name).purpose
    if purpose != "reports":
        read_by = _read_replies if purpose == "replies" else _read_citizens
        read_by(name, as_json=as_json)
        return
    told = mail.summary(mail.read_mailbox(name, round_now(home)))
    line = (
        f"{name}: {told['messages']} messages, {told['unclaimed']} of nobody,"
        f" {told['files']} files, {told['rows']:,} rows, {told['rejected']:,} rejected"
    )
    door.say(as_json, told, [line, *([told["error"]] if "error" in told else [])])
    if told["rejected"] or "error" in told:
        raise typer.Exit(1)


def _read_replies(name: str, *, as_json: bool) -> None:
    from pehra.notices import jobs

    told = jobs.read_now(name, clock())
    counts = ", ".join(f"{told[word]} {word}" for word in ("counted", "unverified", "bounces"))
    line = f"{name}: {told['messages']} messages: {counts}"
    door.say(as_json, told, [line, *([told["error"]] if "error" in told else [])])
    if "error" in told:
        raise typer.Exit(1)


def _read_citizens(name: str, *, as_json: bool) -> None:
    from pehra.cases.reported import jobs

    told = jobs.read_now(name, clock())
    counts = ", ".join(f"{told[word]} {word}" for word in ("filed", "again", "machines"))
    line = f"{name}: {told['messages']} messages: {counts}"
    door.say(as_json, told, [line, *([told["error"]] if "error" in told else [])])
    if "error" in told:
        raise typer.Exit(1)


@app.command()
def remove(name: Name, *, as_json: Json = False) -> None:
    """Forget a mailbox, its rules and its password; what it brought stays."""
    home = door.open_home()
    from pehra.intake.fetching import actions, keys, queries

    queries.box(name)
    actions.remove_mailbox(name, actor=door.operator(), now=clock())
    keys.forget(keys.of_mailbox(home, name))
    door.say(as_json, {"mailbox": name, "removed": True}, [f"{name}: removed"])
