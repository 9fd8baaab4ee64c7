"""`pehra accounts`: open accounts, set passwords, and say who holds which office."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pehra.cli import apikeys, named

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Accounts, and the offices that their holders hold.",
)
app.add_typer(apikeys.app, name="key")
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def _password(*, from_stdin: bool) -> str:
    """A password that never stands on the command line, where others could read it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


@app.command("open")
def open_(
    email: Annotated[str, typer.Argument(help="Mail address: the account's name.")],
    office: Annotated[str, typer.Option(help="Slug of the office to hold from today.")] = "",
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    password_stdin: PasswordStdin = False,
    json: Json = False,
) -> None:
    """Open an account. Without an office the person can log in and sees no rows."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions import NewAccount, open_account

    new = NewAccount(
        email=email, name=name, office=office, password=_password(from_stdin=password_stdin)
    )
    user = open_account(new, actor=operator(), now=clock())
    result = {"person": user.pk, "email": user.email, "office": office}
    say(json, result, [f"{user.email} can log in" + (f" as {office}." if office else ".")])


@app.command()
def password(
    email: Annotated[str, typer.Argument(help="Mail address of the account.")],
    password_stdin: PasswordStdin = False,
    json: Json = False,
) -> None:
    """Set a new password."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions import set_password

    given = _password(from_stdin=password_stdin)
    set_password(email, given, actor=operator(), now=clock())
    say(json, {"email": email}, [f"{email} has a new password."])


@app.command("forget-factors")
def forget_factors(
    email: Annotated[str, typer.Argument(help="Mail address of the account.")],
    json: Json = False,
) -> None:
    """Take passkeys, authenticator app and recovery codes away, after a device was lost."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions import factors

    count = factors.forget_factors(email, actor=operator(), now=clock())
    lines = [
        f"{email} has no second factor now. Set a new password too, and hand it over in person."
    ]
    say(json, {"email": email, "factors": count}, lines)


@app.command()
def appoint(
    email: Annotated[str, typer.Argument(help="Mail address of the account.")],
    office: Annotated[str, typer.Argument(help="Slug of the office.")],
    since: Annotated[str, typer.Option("--from", help="First day, such as 2026-01-31.")] = "",
    until: Annotated[str, typer.Option("--to", help="First day on which it ends.")] = "",
    json: Json = False,
) -> None:
    """Let a person hold an office for a period, from today unless said otherwise."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions import Term
    from pehra.mandate.actions import appoint as appoint_person

    now = clock()
    term = Term(named.day(since) or now.date(), named.day(until))
    tenure = appoint_person(email, office, term, actor=operator(), now=now)
    say(json, {"tenure": tenure.pk}, [f"{email} holds {office} from {term.since}."])


@app.command()
def end(
    email: Annotated[str, typer.Argument(help="Mail address of the account.")],
    office: Annotated[str, typer.Argument(help="Slug of the office.")],
    on: Annotated[str, typer.Option("--on", help="First day without it; else today.")] = "",
    json: Json = False,
) -> None:
    """Let a person no longer hold an office."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions import end_tenure

    now = clock()
    last = named.day(on) or now.date()
    end_tenure(email, office, last, actor=operator(), now=now)
    say(json, {"ended": last.isoformat()}, [f"{email} no longer holds {office} from {last}."])


@app.command("list")
def list_(json: Json = False) -> None:
    """Accounts, with the offices that they hold today."""
    from pehra.cli.door import open_home, say, table
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate import queries

    found = queries.accounts(clock().date())
    if json:
        say(json, {"accounts": found})
        return
    table(
        "Accounts",
        ["account", "name", "offices", "state"],
        (
            [one.email, one.name, ", ".join(one.offices), "open" if one.active else "closed"]
            for one in found
        ),
    )
