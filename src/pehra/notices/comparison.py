"""What is in preview beside what IntelMQ would have sent of the same events.

Events are told apart by row, recipients by mailbox. Each difference has a reason: why we would not
tell this mailbox of that event, or why they would not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.notices.intelmq import Way

THEY_NOBODY, THEY_OTHERS, WE_OTHERS = "they-nobody", "they-others", "we-others"
NOT_IN_EXPORT = "not-in-export"
NOT_PLANNED, TOLD_ALREADY, NO_CONTACT, INHIBITED, LATER = (
    *("not-planned", "told-already", "no-contact"),
    *("inhibited", "later"),
)
OURS = {"mailbox": pl.String, "finding": pl.Int64}
_BOTH, _THEIRS, _OURS = "both", "theirs", "ours"

WORDS = {
    "unreadable": "the row cannot be read here: see `pehra rejects`",
    "reserved": "the address is private or reserved: nobody can hold it",
    "unheld": "nobody holds the asset in the register",
    "no-finding": "nothing to act on: informative, or without an asset",
    "not-taken-in": "the event was not ingested",
    NOT_PLANNED: "no round is in preview: `pehra notices plan`",
    TOLD_ALREADY: "the holder was told before, or has answered",
    NO_CONTACT: "the holder has no contact that can be told by mail",
    INHIBITED: "the holder's contacts do not want to be told of this",
    LATER: "the round leaves it out: told at another time, or its source is not approved",
    WE_OTHERS: "we write to another mailbox of the holder, or hold another for the holder",
    THEY_OTHERS: "IntelMQ writes to another mailbox about it",
    THEY_NOBODY: "IntelMQ writes to nobody about it",
    NOT_IN_EXPORT: "findings of which no event in the export speaks",
}
"""Reasons in words; a state of a finding is its own reason."""


class Recipient(msgspec.Struct, frozen=True):
    """A mailbox that is not told the same by both.

    Attributes:
        mailbox: in lower case.
        standing: `only-theirs`, `only-ours`, or `differs`.
        theirs: events of which IntelMQ would tell it.
        ours: events of which we would.
        both: events of which both would.
        findings: that our notices name to it.
        why: reason -> events that only one would tell; of `not-in-export`, findings.
    """

    mailbox: str
    standing: str
    theirs: int
    ours: int
    both: int
    findings: int
    why: dict[str, int]


class Comparison(msgspec.Struct, frozen=True):
    """All differences.

    Attributes:
        way: how IntelMQ chose recipients (`intelmq.Way`).
        events: rows of the export, `unreadable` ones too.
        unreadable: of these, those that we cannot read.
        mails: what would go out: `theirs`, `ours`.
        recipients: mailboxes by standing, `same` too.
        told: events by who is told at all: `both`, `only-theirs`, `only-ours`, `nobody`.
        untold: reason why we tell nobody -> events; `theirs` of them IntelMQ would tell.
        differences: in order of mailbox.
    """

    way: str
    events: int
    unreadable: int
    mails: dict[str, int]
    recipients: dict[str, int]
    told: dict[str, int]
    untold: dict[str, dict[str, int]]
    differences: list[Recipient]


class Sides(msgspec.Struct, frozen=True):
    """What is compared.

    Attributes:
        events: row, asset, identifier, feed, finding, fate, as `fated` gives it.
        theirs: `intelmq.TOLD`, of one way.
        ours: `OURS`, each pair once.
        way: of `theirs`.
        notices: how many messages ours are.
    """

    events: pl.DataFrame
    theirs: pl.DataFrame
    ours: pl.DataFrame
    way: Way
    notices: int


class Reach(msgspec.Struct, frozen=True):
    """Whom a round can reach.

    Attributes:
        planned: whether a round waits at all.
        standing: states in which a finding is told of.
        new: states in which nobody was told yet.
        words: numbers of states -> their words.
        holders: organisations with a recipient -> words that all its recipients inhibit.
    """

    planned: bool
    standing: frozenset[int]
    new: frozenset[int]
    words: dict[int, str]
    holders: dict[int, frozenset[str]]


def fated(events: pl.DataFrame, ours: pl.DataFrame, reach: Reach) -> pl.DataFrame:
    """Say of each event why nobody is told of it by us; empty where somebody is.

    Args:
        events: row, asset, identifier, feed, organisation, finding, holder, state, what,
            rsit_class, fate.
        ours: `OURS`.
        reach: whom a round can reach.
    """
    named = pl.col("finding").is_in(ours["finding"].unique().implode())
    state, holder = pl.col("state"), pl.col("holder")
    silent = [
        (organisation, word) for organisation, words in reach.holders.items() for word in words
    ]
    inhibits = pl.DataFrame(
        silent, schema={"holder": pl.Int64, "word": pl.String}, orient="row"
    ).with_columns(mute=pl.lit(value=True))
    whole = events
    for name in ("what", "rsit_class"):
        by = inhibits.rename({"word": name, "mute": f"mute {name}"})
        whole = whole.join(by, on=["holder", name], how="left", maintain_order="left")
    why = (
        pl.when(pl.col("fate") != "")
        .then(pl.col("fate"))
        .when(named.fill_null(value=False))
        .then(pl.lit(""))
        .when(~state.is_in(sorted(reach.standing)))
        .then(state.replace_strict(reach.words, default="", return_dtype=pl.String))
        .when(~holder.is_in(sorted(reach.holders)))
        .then(pl.lit(NO_CONTACT))
        .when(pl.col("mute what") | pl.col("mute rsit_class"))
        .then(pl.lit(INHIBITED))
        .when(pl.lit(not reach.planned))
        .then(pl.lit(NOT_PLANNED))
        .when(~state.is_in(sorted(reach.new)))
        .then(pl.lit(TOLD_ALREADY))
        .otherwise(pl.lit(LATER))
    )
    held = pl.coalesce("holder", "organisation").alias("holder")
    return whole.select("row", "asset", "identifier", "feed", held, "finding", fate=why)


def pairs(sides: Sides) -> pl.DataFrame:
    """Every event with every mailbox that either would tell of it: row, mailbox, side, why.

    Events of which nobody tells anybody have no mailbox, and `nobody` for their side; findings of
    which no event speaks have no row.
    """
    told = sides.events.filter(pl.col("fate") == "").select("row", "finding")
    ours = told.join(sides.ours, on="finding", how="inner").select("row", "mailbox").unique()
    theirs = sides.theirs.select("row", "mailbox").unique()
    met = theirs.with_columns(t=pl.lit(value=True)).join(
        ours.with_columns(o=pl.lit(value=True)), on=["row", "mailbox"], how="full", coalesce=True
    )
    whole = met.join(sides.events.select("row", "fate", "finding"), on="row", how="left")
    heard = pl.col("row").is_in(theirs["row"].unique().implode())
    labelled = whole.select(
        "row",
        "mailbox",
        "finding",
        side=pl.when(pl.col("t") & pl.col("o"))
        .then(pl.lit(_BOTH))
        .when("t")
        .then(pl.lit(_THEIRS))
        .otherwise(pl.lit(_OURS)),
        why=pl.when(pl.col("t") & pl.col("o"))
        .then(pl.lit(""))
        .when("t")
        .then(pl.when(pl.col("fate") == "").then(pl.lit(WE_OTHERS)).otherwise("fate"))
        .when(heard)
        .then(pl.lit(THEY_OTHERS))
        .otherwise(pl.lit(THEY_NOBODY)),
    )
    silent = sides.events.join(met.select("row").unique(), on="row", how="anti")
    nobody = silent.select(
        "row", pl.lit(None, pl.String).alias("mailbox"), "finding",
        side=pl.lit("nobody"), why="fate",
    )  # fmt: skip
    unheard = sides.ours.join(told.select("finding").unique(), on="finding", how="anti").select(
        pl.lit(None, pl.Int64).alias("row"), "mailbox", "finding",
        side=pl.lit(_OURS), why=pl.lit(NOT_IN_EXPORT),
    )  # fmt: skip
    return pl.concat([labelled, nobody, unheard]).sort("row", "mailbox", "finding", nulls_last=True)


def compared(sides: Sides, found: pl.DataFrame) -> Comparison:
    """Count the differences; `found` is what `pairs` gives."""
    recipients = _recipients(sides, found)
    told = found.filter(pl.col("row").is_not_null()).group_by("row").agg(
        t=pl.col("side").is_in([_BOTH, _THEIRS]).any(),
        o=pl.col("side").is_in([_BOTH, _OURS]).any(),
    )  # fmt: skip
    fates = sides.events.filter(pl.col("fate") != "").join(told, on="row", how="left")
    untold = fates.group_by("fate").agg(events=pl.len(), theirs=pl.col("t").sum()).sort("fate")
    standings = recipients.group_by("standing").agg(pl.len()).rows()
    return Comparison(
        way=sides.way.value,
        events=sides.events.height,
        unreadable=sides.events.filter(pl.col("fate") == "unreadable").height,
        mails={
            "theirs": sides.theirs.select("mailbox", "mail").unique().height,
            "ours": sides.notices,
        },
        recipients={**dict.fromkeys(_STANDINGS, 0), **dict(standings)},
        told={
            "both": told.filter("t", "o").height,
            "only-theirs": told.filter(pl.col("t"), ~pl.col("o")).height,
            "only-ours": told.filter(~pl.col("t"), pl.col("o")).height,
            "nobody": told.filter(~pl.col("t"), ~pl.col("o")).height,
        },
        untold={
            fate: {"events": events, "theirs": theirs} for fate, events, theirs in untold.rows()
        },
        differences=_differences(recipients, found),
    )


_STANDINGS = ("same", "differs", "only-theirs", "only-ours")


def _recipients(sides: Sides, found: pl.DataFrame) -> pl.DataFrame:
    """mailbox, theirs, ours, both, findings, standing."""
    side, event = pl.col("side"), pl.col("row").is_not_null()
    named = sides.ours.group_by("mailbox").agg(findings=pl.len())
    counts = (
        found.filter(pl.col("mailbox").is_not_null())
        .group_by("mailbox")
        .agg(
            theirs=side.is_in([_BOTH, _THEIRS]).sum(),
            ours=(side.is_in([_BOTH, _OURS]) & event).sum(),
            both=(side == _BOTH).sum(),
            odd=(side != _BOTH).sum(),
        )
        .join(named, on="mailbox", how="left")
        .with_columns(pl.col("findings").fill_null(0))
    )
    return counts.with_columns(
        standing=pl.when(pl.col("odd") == 0)
        .then(pl.lit("same"))
        .when(pl.col("findings") == 0)
        .then(pl.lit("only-theirs"))
        .when(pl.col("theirs") == 0)
        .then(pl.lit("only-ours"))
        .otherwise(pl.lit("differs"))
    ).sort("mailbox")


def _differences(recipients: pl.DataFrame, found: pl.DataFrame) -> list[Recipient]:
    odd = found.filter(pl.col("mailbox").is_not_null(), pl.col("side") != _BOTH)
    counted = odd.group_by("mailbox", "why").agg(pl.len()).sort("mailbox", "why")
    why: dict[str, dict[str, int]] = {}
    for mailbox, reason, many in counted.iter_rows():
        why.setdefault(mailbox, {})[reason] = many
    names = ("mailbox", "standing", "theirs", "ours", "both", "findings")
    rows = recipients.filter(pl.col("standing") != "same").select(names)
    return [Recipient(**row, why=why[row["mailbox"]]) for row in rows.iter_rows(named=True)]


def silenced(inhibits: pl.DataFrame, chosen: pl.DataFrame) -> dict[int, frozenset[str]]:
    """Organisations with a recipient -> words that every recipient of theirs inhibits.

    Args:
        inhibits: contact, word.
        chosen: organisation, contact, as `bundles.Recipients` has them.
    """
    words: dict[int, set[str]] = {}
    for contact, word in inhibits.iter_rows():
        words.setdefault(contact, set()).add(word)
    holders: dict[int, list[Iterable[str]]] = {}
    for organisation, contact in chosen.select("organisation", "contact").unique().iter_rows():
        holders.setdefault(organisation, []).append(words.get(contact, set()))
    return {
        organisation: frozenset.intersection(*map(frozenset, several))
        for organisation, several in holders.items()
    }
