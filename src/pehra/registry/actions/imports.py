"""Take in a register: organisations, contacts, claims, in one transaction with one ledger entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
from django.db import connection, transaction

from pehra.engines.tables import bulk
from pehra.kernel.errors import UsageError
from pehra.kernel.ids import digest
from pehra.mandate import actions as mandate_actions
from pehra.mandate import queries as mandate
from pehra.mandate.tenancy import as_system
from pehra.registry import holders, queries
from pehra.registry.actions.import_contacts import take_contacts
from pehra.registry.actions.upkeep import changed, chunks, open_conflicts, take_turn
from pehra.registry.brought import FORMATS, spreadsheet
from pehra.registry.brought.workbook import MAGIC
from pehra.registry.difference import REPORT, Difference, difference
from pehra.registry.models import Asset, Claim
from pehra.registry.register import (
    Known,
    Register,
    check,
    read,
    refuse_if_nothing,
    text_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor
    from pehra.registry.brought.spreadsheet import ColumnMap
    from pehra.registry.register_text import Rows

_FEW = 500
_NAMELESS = "the organisation is not known; a new one needs a name"


class Manner(msgspec.Struct, frozen=True):
    """How an import is done.

    Attributes:
        dry_run: do all of it, report, and undo it; nothing remains, not even a ledger entry.
        overwrite: replace what is known of organisations where the register says otherwise.
    """

    dry_run: bool = False
    overwrite: bool = False


class Imported(msgspec.Struct, frozen=True):
    """What an import did.

    Attributes:
        counts: outcome -> lines of the report that have it.
        report: columns of `difference.REPORT`, by line of the file.
        revision: of the register afterwards.
    """

    counts: dict[str, int]
    report: pl.DataFrame
    revision: int


def import_register(
    data: bytes,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    manner: Manner = Manner(),  # noqa: B008 a frozen value
) -> Imported:
    """Take in a register file (`docs/register.md`). The same file twice changes nothing.

    Args:
        data: UTF-8, YAML or CSV.
        name: of the file; tells the format.
        actor: who imports it; the claims carry the name.
        now: aware, UTC.
        manner: dry run, overwrite.

    Raises:
        UnreadableFile: not UTF-8.
        UsageError: the file as a whole is not a register; single rows are reported, not raised.
    """
    known = mandate.slugs()
    register = read(data, name, Known(frozenset(known.sectors), frozenset(known.territories)))
    refuse_if_nothing(register, name)
    work = Import(register, (actor, now), manner, proposed=False)
    return work.done("registry.import", {"sha256": digest(data)})


class Export(msgspec.Struct, frozen=True):
    """What another system exported.

    Attributes:
        data: UTF-8, or a workbook.
        name: of the file.
        columns: which column of a spreadsheet is which; null: another format.
    """

    data: bytes
    name: str
    columns: ColumnMap | None = None


def bring_register(
    export: Export, form: str, *, actor: Actor, now: datetime, manner: Manner
) -> Imported:
    """Take in what another system exported, as `import_register` does a register.

    Args:
        export: the file.
        form: one of `brought.FORMATS`, or `spreadsheet`.
        actor: who brings it.
        now: aware, UTC.
        manner: dry run, overwrite.

    Raises:
        UnreadableFile: not UTF-8.
        UsageError: an unknown format, or not what it says it is.
    """
    name = export.name
    if export.columns is not None:
        (rows, rejects), proposed = _of_spreadsheet(export, export.columns), False
    elif form in FORMATS:
        text = text_of(export.data, name)
        (rows, rejects), proposed = FORMATS[form].read(text, name), FORMATS[form].proposed
    else:
        message = f"`{form}` is no format that can be brought so."
        known_forms = ", ".join([*FORMATS, "spreadsheet (with a map of columns)"])
        raise UsageError(message, mend=f"Known: {known_forms}.")
    known = mandate.slugs()
    kept = Known(frozenset(known.sectors), frozenset(known.territories))
    register = check(rows, rejects, kept)
    refuse_if_nothing(register, name)
    work = Import(register, (actor, now), manner, proposed=proposed)
    return work.done("registry.bring", {"sha256": digest(export.data), "format": form})


def _of_spreadsheet(export: Export, chosen: ColumnMap) -> Rows:
    if export.data.startswith(MAGIC):
        return spreadsheet.read_workbook(export.data, export.name, chosen)
    return spreadsheet.read(text_of(export.data, export.name), export.name, chosen)


class Import:
    """One import at work: what it read, what it found, what it reports."""

    def __init__(
        self, register: Register, by: tuple[Actor, datetime], manner: Manner, *, proposed: bool
    ) -> None:
        self._register = register
        self._actor, self._now = by
        self._manner = manner
        self._proposed = proposed
        self._lines: list[tuple[int, str, str, str]] = [
            (fault.row, "rejected", fault.column, fault.why) for fault in register.rejects
        ]
        self._ids: dict[str, int] = {}

    def done(self, act: str, facts: dict[str, Any]) -> Imported:
        """Do all of it in one transaction, and undo it where that is only asked for."""
        with transaction.atomic(), as_system():
            take_turn()
            changes = self._organisations() + self._contacts()
            plan = self._plan()
            changes += self._write(plan)
            items = open_conflicts(self._now)
            changes += len(items)
            self._lines += [(0, "conflict", item.subject, item.detail) for item in items]
            found = self._report(plan)
            if changes and not self._manner.dry_run:
                changed(act, "register", (self._actor, self._now), **facts, **found.counts)
            number = queries.revision()
            if self._manner.dry_run:
                transaction.set_rollback(True)
        return msgspec.structs.replace(found, revision=number)

    def _organisations(self) -> int:
        """Add organisations that are new, and fill what is not known of the others."""
        standing = mandate.holders()
        found = holders.compare(
            self._register, standing, overwrite=self._manner.overwrite, proposed=self._proposed
        )
        self._lines += found.lines
        # Rows that speak of a nameless one are rejected below; one that says no more is, here.
        claims = self._register.claims["organisation"].to_list()
        spoken = {*claims, *(contact.organisation for contact in self._register.contacts)}
        for slug, row in found.nameless.items():
            if slug not in spoken:
                self._say(row, "rejected", slug, _NAMELESS)
        self._ids = {slug: number for slug, (number, _) in standing.items()}
        self._ids |= mandate_actions.record_holders(found.new, found.changed)
        return len(found.new) + len(found.changed)

    def _contacts(self) -> int:
        stated = []
        for contact in self._register.contacts:
            if contact.organisation in self._ids:
                stated.append(contact)
            else:
                self._say(contact.row, "rejected", contact.organisation, _NAMELESS)
        spoken = {one.organisation: self._ids[one.organisation] for one in stated}
        overwrite = self._manner.overwrite
        return take_contacts(stated, spoken, self._actor, self._say, overwrite=overwrite)

    def _plan(self) -> Difference:
        claims = self._register.claims
        homeless = claims.filter(~pl.col("organisation").is_in(list(self._ids)))
        for row, slug in homeless.select("row", "organisation").iter_rows():
            self._say(row, "rejected", slug, _NAMELESS)
        claims = claims.filter(pl.col("organisation").is_in(list(self._ids)))
        slugs = claims["organisation"].unique().to_list()
        ids = [self._ids[slug] for slug in slugs] if len(slugs) < _FEW else None
        return difference(claims, queries.standing(ids), self._now)

    def _write(self, plan: Difference) -> int:
        """Close, withdraw, add; a claim that stands is never changed otherwise."""
        ends: dict[datetime, list[int]] = {}
        for claim, end in plan.close.items():
            ends.setdefault(end, []).append(claim)
        for end, claims in ends.items():
            for chunk in chunks(claims):
                Claim.objects.filter(pk__in=chunk).update(valid_to=end)
        for chunk in chunks(plan.withdraw):
            Claim.objects.filter(pk__in=chunk).update(withdrawn_at=self._now)
        self._add(plan.add)
        return len(plan.close) + len(plan.withdraw) + plan.add.height

    def _add(self, claims: pl.DataFrame) -> None:
        """Add claims, and the assets that nobody claimed before, in bulk."""
        key = ["kind", "value"]
        known = queries.asset_ids()
        new = claims.select(key).unique(maintain_order=True).join(known, on=key, how="anti")
        columns = [*key, "confidentiality", "integrity", "availability"]
        with connection.cursor() as cursor:
            rows = [(kind, value, 1, 1, 1) for kind, value in new.iter_rows()]
            bulk.insert(cursor, Asset._meta.db_table, columns, rows)
            if rows:
                known = queries.asset_ids()
            table = self._claims(claims.join(known, on=key, maintain_order="left"))
            bulk.insert(cursor, Claim._meta.db_table, table.columns, table.rows())

    def _claims(self, claims: pl.DataFrame) -> pl.DataFrame:
        """Columns of the table of claims, as its engine takes them."""
        by = "" if self._proposed else self._actor.name[:160]
        return claims.select(
            pl.col("asset").alias("asset_id"),
            pl.col("organisation")
            .replace_strict(self._ids, return_dtype=pl.Int64)
            .alias("organisation_id"),
            "source",
            "confidence",
            "use",
            _stored(pl.col("valid_from")),
            _stored(pl.col("valid_to")),
            pl.lit(self._proposed).alias("proposed"),
            pl.lit(by).alias("approved_by"),
            pl.col("note").fill_null(""),
            _stored(pl.lit(self._now, pl.Datetime("us", "UTC")).alias("recorded_at")),
        )

    def _say(self, row: int, outcome: str, subject: str, detail: str) -> None:
        self._lines.append((row, outcome, subject, detail))

    def _report(self, plan: Difference) -> Imported:
        said = pl.DataFrame(self._lines, schema=REPORT, orient="row")
        report = pl.concat([said, plan.report]).sort("row", maintain_order=True)
        counts = dict(report.group_by("outcome").len().sort("outcome").iter_rows())
        return Imported({name: int(number) for name, number in counts.items()}, report, 0)


def _stored(moment: pl.Expr) -> pl.Expr:
    """A moment as the database keeps it: SQLite has text, as Django writes it; others a type."""
    if connection.vendor != "sqlite":
        return moment
    text = moment.dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    return text.str.strip_suffix(".000000")
