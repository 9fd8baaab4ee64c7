"""Findings by the mailbox that must be told of them: one pass over columns.

A mailbox may serve several organisations, such as a provider's customers; it gets one message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.notices import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FINDINGS = {
    "id": pl.Int64,
    "organisation": pl.Int64,
    "team": pl.Int64,
    "severity": pl.Int64,
    "identifier": pl.String,
    "rsit_class": pl.String,
    "new": pl.Boolean,
    "sources": pl.Int64,
}
"""What a round reads of each finding: `new` is open or relapsed and not told since; `sources` is a
bit set, as `FindingSeen.sources`."""
_RECIPIENTS = {
    "organisation": pl.Int64,
    "urgent": pl.Boolean,
    "mailbox": pl.String,
    "contact": pl.Int64,
    "language": pl.String,
    "why": pl.String,
}
_DUE = {"mailbox": pl.String, "severity": pl.Int64, "kind": pl.String}
_INHIBITS = {"contact": pl.Int64, "word": pl.String}


class Recipients(msgspec.Struct, frozen=True):
    """Whom to tell at each organisation.

    Attributes:
        chosen: organisation, urgent, mailbox, contact, language, why; a row for each recipient.
        inhibits: contact, word (an RSIT class or an identifier).
        contacts: mailbox -> the contact whose wishes count for it, the first that was chosen.
    """

    chosen: pl.DataFrame
    inhibits: pl.DataFrame
    contacts: dict[str, rules.Contact]


class Bundles(msgspec.Struct, frozen=True):
    """What a round would send.

    Attributes:
        notices: mailbox, contact, language, why, kind, severity, findings, in order of mailbox.
        parties: mailbox, organisation, team, findings, severity.
        named: mailbox, finding; a finding may be told to several mailboxes.
        untold: organisation, team, severity, findings: nobody has an address there.
        unapproved: findings left out, since no source of theirs is approved yet.
        rung: of the ladder, whose mailboxes are told.
        made_up: findings of an exercise, which are rows nowhere.
    """

    notices: pl.DataFrame
    parties: pl.DataFrame
    named: pl.DataFrame
    untold: pl.DataFrame
    unapproved: int
    rung: int = 0
    made_up: int = 0

    @property
    def size(self) -> rules.Size:
        """Recipients, and findings each counted once."""
        return rules.Size(self.notices.height, self.named["finding"].n_unique() + self.made_up)


def recipients(contacts: Iterable[rules.Contact]) -> Recipients:
    """Choose recipients at every organisation that `contacts` speak of."""
    by_holder: dict[int, list[rules.Contact]] = {}
    for one in contacts:
        if one.organisation is not None:
            by_holder.setdefault(one.organisation, []).append(one)
    rows: list[tuple[int, bool, str, int, str, str]] = []
    inhibits: set[tuple[int, str]] = set()
    known: dict[str, rules.Contact] = {}
    for organisation, able in sorted(by_holder.items()):
        for urgent in (False, True):
            for choice in rules.choose(able, urgent=urgent):
                one = choice.contact
                mailbox = one.address.lower()
                first = known.setdefault(mailbox, one)
                rows.append(
                    (organisation, urgent, mailbox, one.contact, first.language, choice.why)
                )
                inhibits.update((one.contact, word) for word in one.inhibits)
    return Recipients(
        pl.DataFrame(rows, schema=_RECIPIENTS, orient="row"),
        pl.DataFrame(sorted(inhibits), schema=_INHIBITS, orient="row"),
        known,
    )


def due_frame(due: Mapping[str, tuple[rules.Kind, frozenset[int]]]) -> pl.DataFrame:
    """Mailboxes that may be sent something routine now, with the severities whose time has come."""
    rows = [
        (mailbox, level, kind.value)
        for mailbox, (kind, levels) in due.items()
        for level in sorted(levels)
    ]
    return pl.DataFrame(rows, schema=_DUE, orient="row")


def mark_urgent(
    rows: pl.DataFrame, critical: Iterable[int], warned: Iterable[int] = ()
) -> pl.DataFrame:
    """Add `urgent`: what is told at once.

    Args:
        rows: `FINDINGS`.
        critical: organisations that run CII.
        warned: findings of which their holder wants to hear at once.
    """
    inside = pl.col("organisation").is_in(sorted(critical))
    least = [rules.least_urgent(critical_infrastructure=held) for held in (True, False)]
    bound = pl.when(inside).then(int(least[0])).otherwise(int(least[1]))
    wanted = pl.col("id").is_in(sorted(warned))
    return rows.with_columns(urgent=(pl.col("severity") >= bound) | wanted)


def urgent(rows: pl.DataFrame, told: Recipients, approved: int) -> Bundles:
    """Bundle what is told at once: new findings that `mark_urgent` marked.

    Args:
        rows: `FINDINGS`, and `urgent`.
        told: whom to tell.
        approved: bit set of the sources that two persons have approved.
    """
    wanted = rows.filter("new", "urgent")
    chosen = told.chosen.filter("urgent").with_columns(kind=pl.lit(rules.Kind.URGENT.value))
    return _bundle(wanted, chosen, told.inhibits, approved)


def routine(
    rows: pl.DataFrame,
    told: Recipients,
    due: pl.DataFrame,
    approved: int,
    early: Iterable[int] = (),
) -> Bundles:
    """Bundle digests and weekly messages for the mailboxes that are due.

    Args:
        rows: `FINDINGS`; those that are not new go only into a weekly message.
        told: whom to tell.
        due: as `due_frame` gives it.
        approved: bit set of the sources that two persons have approved.
        early: new findings that go into the next digest whatever their severity's interval.
    """
    chosen = told.chosen.filter(~pl.col("urgent"))
    kinds = due.group_by("mailbox").agg(pl.col("kind").first(), levels=pl.col("severity"))
    timely = chosen.join(kinds, on="mailbox", how="inner")
    weekly = rules.Kind.WEEKLY.value
    return _bundle(
        rows,
        timely,
        told.inhibits,
        approved,
        also=(pl.col("kind") == weekly)
        | (
            pl.col("new")
            & (
                pl.col("levels").list.contains(pl.col("severity"))
                | pl.col("id").is_in(sorted(early))
            )
        ),
        reached=chosen,
    )


def reminders(rows: pl.DataFrame, told: Recipients, approved: int, rung: int) -> Bundles:
    """Bundle what goes to somebody else at the holder, since nobody has answered."""
    chosen = told.chosen.with_columns(kind=pl.lit(rules.Kind.REMINDER.value))
    made = _bundle(rows, chosen, told.inhibits, approved)
    return msgspec.structs.replace(made, rung=rung)


def chosen_ones(choices: Mapping[int, rules.Choice]) -> Recipients:
    """Recipients that were chosen already, one at each organisation."""
    rows = []
    known: dict[str, rules.Contact] = {}
    for organisation, choice in sorted(choices.items()):
        one = choice.contact
        mailbox = one.address.lower()
        first = known.setdefault(mailbox, one)
        rows.append((organisation, False, mailbox, one.contact, first.language, choice.why))
    inhibits = {(one.contact, word) for one in known.values() for word in one.inhibits}
    return Recipients(
        pl.DataFrame(rows, schema=_RECIPIENTS, orient="row"),
        pl.DataFrame(sorted(inhibits), schema=_INHIBITS, orient="row"),
        known,
    )


def _bundle(  # noqa: PLR0913 the two tables, what narrows them, and who has any address at all
    rows: pl.DataFrame,
    chosen: pl.DataFrame,
    inhibits: pl.DataFrame,
    approved: int,
    *,
    also: pl.Expr | None = None,
    reached: pl.DataFrame | None = None,
) -> Bundles:
    lookers = (pl.col("sources") & approved) != 0
    allowed = rows.filter(lookers)
    able = chosen if reached is None else reached
    untold = (
        allowed.filter("new")
        .join(able, on="organisation", how="anti")
        .group_by("organisation", "team")
        .agg(pl.col("severity").max(), pl.len().cast(pl.Int64).alias("findings"))
        .sort("organisation", "team")
    )
    pairs = allowed.join(chosen, on="organisation", how="inner", maintain_order="left")
    if also is not None:
        pairs = pairs.filter(also)
    for name in ("identifier", "rsit_class"):
        pairs = pairs.join(
            inhibits, left_on=["contact", name], right_on=["contact", "word"], how="anti"
        )
    pairs = pairs.unique(["mailbox", "id"], keep="first", maintain_order=True)
    notices = (
        pairs.group_by("mailbox")
        .agg(
            pl.col("contact", "language", "why", "kind").first(),
            pl.col("severity").max(),
            pl.len().cast(pl.Int64).alias("findings"),
        )
        .sort("mailbox")
    )
    parties = (
        pairs.group_by("mailbox", "organisation")
        .agg(
            pl.col("team").first(),
            pl.len().cast(pl.Int64).alias("findings"),
            pl.col("severity").max(),
        )
        .sort("mailbox", "organisation")
    )
    named = pairs.select("mailbox", finding="id").sort("mailbox", "finding")
    return Bundles(notices, parties, named, untold, rows.height - allowed.height)
