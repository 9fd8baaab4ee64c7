"""`pehra offices`: what offices may do, and powers that are taken and reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pehra.mandate.queries.powers import GlassLine

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What offices may do, and powers that are taken for hours and reviewed.",
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Email = Annotated[str, typer.Argument(help="Mail address of the account.")]


@app.command()
def powers(
    act: Annotated[str, typer.Argument(help="Only of this act, such as `send-notice`.")] = "",
    json: Json = False,
) -> None:
    """Which roles may do what today, and which accounts hold an office of such a role."""
    from pehra.cli.door import open_home, say, table
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.queries.powers import powers_on

    found = powers_on(clock().date(), act=act)
    if json:
        say(json, {"powers": found})
        return
    table(
        "Powers",
        ["act", "does", "role", "tier", "offices", "source"],
        (
            [
                one.act,
                one.does,
                one.role,
                one.tier or "any",
                ", ".join(one.offices) or "none",
                one.source + (" (unconfirmed)" if one.unconfirmed else ""),
            ]
            for one in found
        ),
    )


@app.command("break-glass")
def break_glass(
    email: Email,
    office: Annotated[str, typer.Argument(help="Slug of the office that takes the power.")],
    power: Annotated[str, typer.Argument(help="Such as `handle-reports`.")],
    reason: Annotated[str, typer.Option(help="Why nobody who holds it can act.")],
    does: Annotated[str, typer.Option(help="What of it: `may`, `approve`, `verify`.")] = "may",
    hours: Annotated[int, typer.Option(help="For so long, from now.")] = 4,
    json: Json = False,
) -> None:
    """Take a power that the office does not hold, for some hours; another person reviews it.

    Orders, evidence and the review itself are never taken.
    """
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions.glass import break_glass as take
    from pehra.mandate.powers import Power, Taking

    wish = Taking(office=office, power=Power(power, does), reason=reason, hours=hours)
    row = take(email, wish, actor=operator(), now=clock())
    said = f"{office} may {power} until {row.until:%Y-%m-%d %H:%M} UTC; review it by"
    lines = [f"Glass {row.pk}: {said} {row.review_by:%Y-%m-%d %H:%M} UTC."]
    say(json, {"glass": row.pk, "until": row.until, "review_by": row.review_by}, lines)


@app.command()
def review(
    number: Annotated[int, typer.Argument(help="Number of the broken glass.")],
    email: Annotated[str, typer.Argument(help="Account of the reviewer.")],
    object_: Annotated[bool, typer.Option("--object", help="It was wrong; ends it now.")] = False,
    remark: Annotated[str, typer.Option(help="Why; an objection needs it.")] = "",
    json: Json = False,
) -> None:
    """Confirm that glass was broken rightly, or object; never by who broke it."""
    from pehra.cli.door import open_home, operator, say
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.actions.glass import Review, review_glass

    said = Review(confirmed=not object_, remark=remark)
    row = review_glass(number, email, said, actor=operator(), now=clock())
    say(json, {"glass": row.pk, "verdict": row.verdict}, [f"Glass {row.pk} is {row.verdict}."])


@app.command()
def glass(
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what nobody reviewed.")] = False,
    json: Json = False,
) -> None:
    """Powers that were taken: what waits for its review first; exits 1 where one is overdue."""
    from pehra.cli.door import open_home, say, table
    from pehra.kernel.time import clock

    open_home()
    from pehra.mandate.queries.powers import broken_glass

    now = clock()
    found = broken_glass(waiting=waiting)
    late = [one.id for one in found if one.overdue(now)]
    if json:
        say(json, {"glass": found, "overdue": late})
    else:
        columns = ["number", "office", "person", "power", "until", "review", "reason"]
        table("Broken glass", columns, ([*_cells(one, one.id in late)] for one in found))
    if late:
        raise typer.Exit(1)


def _cells(one: GlassLine, late: bool) -> list[str]:
    waits = f"{'OVERDUE since' if late else 'by'} {one.review_by:%Y-%m-%d %H:%M}"
    verdict = f"{one.verdict} by {one.reviewer}" if one.verdict else waits
    until = f"{one.until:%Y-%m-%d %H:%M}"
    return [str(one.id), one.office, one.person, one.act, until, verdict, one.reason]
