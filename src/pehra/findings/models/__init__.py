"""Tables of findings: what a finding is (cold), and what reports keep saying of it (hot).

`finding` grows in order of arrival; `finding_seen` is updated by every report and has no index
but its id, so a day's million sightings touch few pages (house design, section 4). Moments are
microseconds since 1970 in both, so that bulk statements are the same on both engines.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models

from pehra.findings.models.epochs import HolderIndex, in_any_epoch
from pehra.findings.models.rechecks import Knocked as Knocked
from pehra.findings.models.rechecks import Recheck as Recheck
from pehra.findings.models.rechecks import RecheckConsent as RecheckConsent
from pehra.findings.rules import State
from pehra.kernel.labels import Severity
from pehra.kernel.time import EPOCH, micros
from pehra.mandate.fences import held, named, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from pehra.mandate.viewers import Viewer

    _MicrosBase = models.BigIntegerField[datetime | None, datetime | None]
    _RowIdBase = models.BigIntegerField[int, int]
else:
    _MicrosBase = _RowIdBase = models.BigIntegerField


class MicrosField(_MicrosBase):
    """An aware datetime kept as microseconds since 1970 in a 64-bit integer."""

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        """Column to Python."""
        return None if value is None else EPOCH + timedelta(microseconds=value)

    def to_python(self, value: Any) -> datetime | None:  # noqa: ANN401 Django's own signature
        """Any accepted value to Python."""
        return self.from_db_value(value) if isinstance(value, int) else value

    def get_prep_value(self, value: Any) -> int | None:  # noqa: ANN401 Django's own signature
        """Python to column."""
        return micros(value) if isinstance(value, datetime) else value


class RowId(_RowIdBase):
    """A 64-bit primary key that is given, not counted.

    SQLite calls a column that is exactly `integer` and the primary key the row's own number; any
    other type gets an index beside the table, and every look-up and every new row pays twice.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """`integer` on SQLite, whose integers are all of 64 bits."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

    def rel_db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Rows that share the key are numbered the same way."""
        return self.db_type(connection)


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations) | models.Q(team__in=viewer.teams)


def _own_findings(viewer: Viewer) -> models.Q:
    held = models.Q(organisation__in=viewer.organisations) & in_any_epoch()
    return held | models.Q(team__in=viewer.teams)


def _own_of_finding(viewer: Viewer) -> models.Q:
    return models.Q(finding__organisation__in=viewer.organisations) | models.Q(
        finding__team__in=viewer.teams
    )


class Finding(models.Model):
    """One thing wrong with one asset, whoever reported it."""

    class AssetKind(models.IntegerChoices):
        """What is wrong with what."""

        ADDRESS = 1
        HOST = 2
        POOL = 3

    id = RowId(primary_key=True)
    """In order of arrival; given out inside the transaction that adds the rows."""
    key = models.BigIntegerField(unique=True, null=True)
    """`findings.keys`: its upper half names the asset, so this index answers for assets too; null
    once transferred."""
    lake_key = models.BigIntegerField(null=True)
    """`key`, kept when the asset changes hands: under it the lake has the observations."""
    asset_kind = models.PositiveSmallIntegerField(choices=AssetKind.choices)
    asset = models.CharField(max_length=255)
    """An address, a host name, or `pool N` where N is the id of the claim on the pool."""
    port = models.IntegerField(null=True)
    """Service port of exposed-service kinds; null for event kinds."""
    identifier = models.CharField(max_length=96)
    rsit_class = models.CharField(max_length=40)
    rsit_type = models.CharField(max_length=48)
    what = models.CharField(max_length=160, blank=True, default="")
    """Malware family, or the CVEs, where one is named."""
    exposed = models.BooleanField(default=False)
    """A service that others can reach; else something that happened (an event kind)."""
    asn = models.BigIntegerField(null=True)
    country = models.CharField(max_length=2, blank=True, default="")
    # The fold takes holder and team from the register it was compiled from; a look-up of each for
    # every new row costs a fifth of the time to add it, so the database does not look again.
    organisation = models.ForeignKey(
        "mandate.Organisation", models.PROTECT, null=True, db_index=False, db_constraint=False
    )
    """Who must act; null: not known yet, the lead team looks for the holder."""
    team = models.ForeignKey(
        "mandate.Team", models.PROTECT, null=True, db_index=False, db_constraint=False
    )
    """The one lead team."""
    claim = models.BigIntegerField(null=True)
    """The claim in force when it was opened."""
    state = models.PositiveSmallIntegerField(
        choices=[(state.value, state.word) for state in State], default=State.OPEN
    )
    severity = models.PositiveSmallIntegerField(
        choices=[(severity.value, severity.word) for severity in Severity]
    )
    """`FindingSeen.severity`, here for the pages' filter; the two change together."""
    opened_at = MicrosField()
    """When we learnt of it, which is when its clock began."""
    due_at = MicrosField(null=True)
    last_covered = MicrosField(null=True)
    covered_clean = models.PositiveSmallIntegerField(default=0)
    """Scheduled cycles since the last sighting that covered the asset without it."""
    notified_at = MicrosField(null=True)
    answered_at = MicrosField(null=True)
    fix_claimed_at = MicrosField(null=True)
    gone_at = MicrosField(null=True)
    excepted_until = MicrosField(null=True)
    """When an exception ends by itself; null: it was granted without an end."""
    assignee = models.BigIntegerField(null=True)
    """Account of the one who works on it."""
    relapses = models.PositiveIntegerField(default=0)
    previous = models.BigIntegerField(null=True)
    """The finding of the holder before, where the asset changed hands."""

    objects: TenantManager[Finding] = TenantManager(_own_findings, held())

    class Meta:
        indexes = (
            HolderIndex(fields=("organisation", "id"), name="finding_by_holder"),
            models.Index(fields=("team", "id"), name="finding_by_team"),
            models.Index(fields=("identifier", "id"), name="finding_by_identifier"),
            models.Index(fields=("severity", "id"), name="finding_by_severity"),
            models.Index(fields=("state", "id"), name="finding_by_state"),
            models.Index(
                fields=("assignee", "id"),
                name="finding_by_assignee",
                condition=models.Q(assignee__isnull=False),
            ),
            # Of the few that name a family or a CVE: `queries.names`.
            models.Index(
                fields=("what", "id"), name="finding_by_what", condition=models.Q(what__gt="")
            ),
        )

    def __str__(self) -> str:
        return f"F{self.id} {self.identifier} on {self.asset}"


class FindingSeen(models.Model):
    """What reports say of a finding; written in bulk, a row for each finding."""

    finding = models.OneToOneField(
        Finding,
        models.CASCADE,
        primary_key=True,
        db_column="id",
        related_name="seen",
        db_constraint=False,
    )
    first_seen = MicrosField()
    last_seen = MicrosField()
    count = models.BigIntegerField()
    sources = models.BigIntegerField()
    """Bit set over `SourceNumber.number`."""
    severity = models.PositiveSmallIntegerField(
        choices=[(severity.value, severity.word) for severity in Severity]
    )
    """The worst that any report said."""
    holder = models.BigIntegerField(null=True)
    """`finding.organisation`, here so that a bulk update can refuse another holder's rows."""
    settled = models.BooleanField(default=False)
    """True while a new sighting would change the finding's state, not only its counts."""

    objects: TenantManager[FindingSeen] = TenantManager(
        _own_of_finding, within("findings_finding", "id", "findings_findingseen.id")
    )

    def __str__(self) -> str:
        return f"F{self.finding_id} seen {self.count} times"


class Step(models.Model):
    """A change of a finding's state: what its page shows as history."""

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="steps")
    at = MicrosField()
    state = models.PositiveSmallIntegerField(choices=[(state.value, state.word) for state in State])
    by = models.CharField(max_length=160)
    """`batch ID` where a report did it, else the actor's name and office."""
    why = models.CharField(max_length=240, blank=True, default="")

    objects: TenantManager[Step] = TenantManager(
        _own_of_finding, within("findings_finding", "id", "findings_step.finding_id")
    )

    def __str__(self) -> str:
        return f"F{self.finding_id} {self.state} at {self.at}"


def _asked_by(viewer: Viewer) -> models.Q:
    return models.Q(by=viewer.name)


def _of_own_act(viewer: Viewer) -> models.Q:
    return models.Q(act__by=viewer.name)


class BulkAct(models.Model):
    """One act on all findings that a filter meant, how far it is, and whether it was undone.

    It goes on by id: `through` is the last finding that was looked at, written in the transaction
    of its chunk, so that work that was cut short goes on with the next one.
    """

    by = models.CharField(max_length=160)
    office = models.CharField(max_length=96)
    act = models.CharField(max_length=24)
    """An act of `rules.TABLE`, or `assign`."""
    why = models.CharField(max_length=240, blank=True, default="")
    until = MicrosField(null=True)
    assignee = models.BigIntegerField(null=True)
    wanted = models.TextField()
    """The filter, as JSON."""
    viewer = models.TextField()
    """Whose rows it may touch: the viewer of the moment of asking, as JSON."""
    asked_at = MicrosField()
    last = models.BigIntegerField()
    """The newest finding at that moment; later ones are not meant."""
    total = models.BigIntegerField()
    through = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    finished_at = MicrosField(null=True)
    undo_by = models.CharField(max_length=160, blank=True, default="")
    undo_office = models.CharField(max_length=96, blank=True, default="")
    undo_through = models.BigIntegerField(default=0)
    undone = models.BigIntegerField(default=0)
    undone_at = MicrosField(null=True)

    objects: TenantManager[BulkAct] = TenantManager(_asked_by, named("by"))

    def __str__(self) -> str:
        return f"{self.act} of {self.total} findings by {self.by}"


class BulkRow(models.Model):
    """A finding that a bulk act looked at: what it was before, or that the act was refused."""

    act = models.ForeignKey(BulkAct, models.CASCADE, db_index=False)
    finding = models.ForeignKey(Finding, models.CASCADE, db_index=False, db_constraint=False)
    refused = models.BooleanField()
    undone = models.BooleanField(default=False)
    state = models.PositiveSmallIntegerField()
    answered_at = MicrosField(null=True)
    fix_claimed_at = MicrosField(null=True)
    gone_at = MicrosField(null=True)
    excepted_until = MicrosField(null=True)
    assignee = models.BigIntegerField(null=True)
    settled = models.BooleanField()

    objects: TenantManager[BulkRow] = TenantManager(
        _of_own_act, within("findings_bulkact", "id", "findings_bulkrow.act_id")
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("act", "finding"), name="bulk_row_once"),)

    def __str__(self) -> str:
        return f"F{self.finding_id} in bulk act {self.act_id}"


def _own_or_shared(viewer: Viewer) -> models.Q:
    return models.Q(by=viewer.name) | models.Q(team__in=viewer.teams)


class SavedView(models.Model):
    """The filter of a list under a name: one person's, or a team's where it is shared."""

    by = models.CharField(max_length=160)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)
    """The filter as the address of the list carries it."""
    team = models.ForeignKey("mandate.Team", models.CASCADE, null=True)
    """With whom it is shared."""
    is_default = models.BooleanField(default=False)
    """The owner's list opens with it."""
    role = models.CharField(max_length=32, blank=True, default="")
    """Lists of the team's people in this role open with it, where they chose no other."""
    saved_at = MicrosField()

    objects: TenantManager[SavedView] = TenantManager(
        _own_or_shared, f"{named('by')} OR {held(organisation='')}"
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("by", "name"), name="saved_view_once"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.by}"


class DayCount(models.Model):
    """What stood with one holder under one team on a day: what pages count by.

    Made again as a whole by `findings.count`; the newest day's rows are the present ones.
    """

    day = models.DateField()
    """In the nation's zone."""
    organisation = models.ForeignKey(
        "mandate.Organisation", models.CASCADE, null=True, db_index=False, db_constraint=False
    )
    team = models.ForeignKey(
        "mandate.Team", models.CASCADE, null=True, db_index=False, db_constraint=False
    )
    critical = models.BigIntegerField(default=0)
    high = models.BigIntegerField(default=0)
    medium = models.BigIntegerField(default=0)
    low = models.BigIntegerField(default=0)
    """Those that need somebody, by severity."""
    overdue = models.BigIntegerField(default=0)
    due_soon = models.BigIntegerField(default=0)
    """Whose deadline comes within `findings.actions.counting.SOON`."""
    untaken = models.BigIntegerField(default=0)
    """Critical ones that nobody has taken up yet: open or relapsed."""
    disputed = models.BigIntegerField(default=0)
    opened = models.BigIntegerField(default=0)
    gone = models.BigIntegerField(default=0)
    """Opened, and shown to be gone, on this day."""

    objects: TenantManager[DayCount] = TenantManager(_own, held())

    class Meta:
        indexes = (
            models.Index(fields=("day",), name="day_count_by_day"),
            models.Index(fields=("organisation", "day"), name="day_count_by_holder"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.organisation_id} {self.team_id}"


class CountedDay(models.Model):
    """A day that was counted, and when last: a day without is not known, and not zero."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.day)


class SourceNumber(models.Model):
    """The bit by which `FindingSeen.sources` remembers a source; all from the 63rd share bit 62."""

    slug = models.SlugField(max_length=64, primary_key=True)
    number = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.number} {self.slug}"
