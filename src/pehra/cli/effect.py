"""`pehra notices effect`: how long holders take, and what messages do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from pehra.cli import door
from pehra.kernel.errors import UsageError
from pehra.kernel.time import clock

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
_KINDS = ("all", "class", "sector", "severity", "channel")
_SHOWN = (
    "by",
    "name",
    "clock",
    "findings",
    "happened",
    "organisations",
    "median",
    "day 7",
    "day 30",
)


def day(text: str, *, name: str) -> datetime | None:
    """The first moment, UTC, of a day such as 2026-11-22; None of nothing."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        message = f"{name} `{text}` is no day."
        raise UsageError(message, mend="Write it like 2026-11-22.") from None


def _share(one: dict[str, float] | None) -> str:
    return "-" if one is None else f"{one['value']:.0%} ({one['low']:.0%}-{one['high']:.0%})"


def _rows(groups: list[dict[str, Any]]) -> list[list[object]]:
    return [
        [
            *(one["by"], one["name"], name, told["findings"], told["happened"]),
            *(told["organisations"], told["median"]["days"]),
            *(_share(told["by_day_7"]), _share(told["by_day_30"])),
        ]
        for one in groups
        for name, told in one["clocks"].items()
    ]


def effect(
    since: Annotated[str, typer.Option(help="Findings learnt of from this day on, UTC.")] = "",
    until: Annotated[str, typer.Option(help="And up to this day, which counts.")] = "",
    by: Annotated[str, typer.Option(help="all, class, sector, severity or channel.")] = "",
    as_json: Json = False,
) -> None:
    """How long holders take to be told, to answer, to fix; and what messages do.

    Kaplan-Meier, with intervals of 95 %. The effect is the difference to findings that were held
    back by lot (`notices.control_percent`); without such it is not known.
    """
    if by and by not in _KINDS:
        message = f"Nothing is grouped by `{by}`."
        raise UsageError(message, mend=f"Possible: {', '.join(_KINDS)}.")
    first, last = day(since, name="--since"), day(until, name="--until")
    door.open_home()
    from pehra.notices.actions.measures import Asked, measure, read
    from pehra.notices.effect import summary

    now = clock()
    late = Asked.of_late(now)
    asked = Asked(first or late.opened_from, last + timedelta(days=1) if last else late.opened_to)

    def show(done: int, total: int) -> None:
        door.note(f"{done:,} of {total:,} findings read")

    told = summary(measure(read(asked, show), asked, now, national=True))
    if by:
        told["groups"] = [one for one in told["groups"] if one["by"] == by]
    if as_json:
        door.say(as_json, told)
        return
    door.table("How long holders take", _SHOWN, _rows(told["groups"]))
    found = told["effect"]
    if found is None:
        door.say(as_json, told, ["What messages do is not known: nothing was held back by lot."])
        return
    words = f"Gone within {found['day']} days: {_share(found['told']['by_day_7'])} of what was told"
    words += f", {_share(found['held']['by_day_7'])} of what was held back"
    words += f"; the difference is {_share(found['difference'])}."
    door.say(as_json, told, [words])
