"""A case: who is in it, what happened in it, what it is linked to, and what is due.

A team that is in a case sees all of it. An organisation sees the case, itself in it, its clocks,
and the lines that were shared with the parties; nothing of others. The suspected see nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from pehra.cases.rules import Kind, Origin, State
from pehra.kernel.labels import Tlp
from pehra.mandate.fences import held, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _named_in(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(pk__in=Party.objects.values("case"))


def _own(viewer: Viewer) -> models.Q:
    own = models.Q(~models.Q(role="suspected"), organisation__in=viewer.organisations)
    return own | models.Q(team__in=viewer.teams)


def _of_a_case(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(case__in=Party.objects.values("case"))


def _of_a_team(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(case__in=Party.objects.filter(team__isnull=False).values("case"))


def _of_a_team_or_shared(viewer: Viewer) -> models.Q:
    return _of_a_team(viewer) | (_of_a_case(viewer) & models.Q(shared=True))


def _of_a_team_or_own(viewer: Viewer) -> models.Q:
    return _of_a_team(viewer) | models.Q(organisation__in=viewer.organisations)


def of_case(table: str) -> str:
    """Fence of a table with a `case_id`: rows of cases that are seen."""
    return within("cases_party", "case_id", f"{table}.case_id")


def of_case_team(table: str) -> str:
    """Fence of a table with a `case_id`: rows of cases in which one of the viewer's teams is."""
    return (
        f"EXISTS (SELECT FROM cases_party behind WHERE behind.case_id = {table}.case_id"
        " AND behind.team_id IS NOT NULL)"
    )


class Case(models.Model):
    """An incident that people work on."""

    number = models.BigAutoField(primary_key=True, db_column="id")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, default=Kind.OTHER.value)
    """`rules.Kind`."""
    state = models.PositiveSmallIntegerField(
        choices=[(state.value, state.word) for state in State], default=State.REPORTED.value
    )
    severity = models.PositiveSmallIntegerField(null=True)
    """1 to 6, for C1 to C6; null: nobody graded it yet."""
    provisional = models.BooleanField(default=False)
    """Set at once, and the director has not confirmed it."""
    tlp = models.CharField(max_length=12, default=Tlp.AMBER.value)
    aware_at = models.DateTimeField()
    """T0: from when the clocks run."""
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, db_column="merged_into", related_name="merged"
    )
    exercise = models.BooleanField(default=False)
    """Kept out of every number."""
    origin = models.CharField(max_length=12, default=Origin.OFFICER.value)
    """`rules.Origin`."""
    handed_at = models.DateTimeField(null=True)
    """When it was handed to an investigator; it goes on here all the same."""
    changed_at = models.DateTimeField()
    next_due = models.DateTimeField(null=True)
    """Of its clocks that run, the next to end."""
    malicious = models.CharField(max_length=8, default="unknown")
    """`yes`, `no` or `unknown`; so is the next: an early warning says both."""
    cross_border = models.CharField(max_length=8, default="unknown")

    objects: TenantManager[Case] = TenantManager(
        _named_in, within("cases_party", "case_id", "cases_case.id")
    )

    class Meta:
        indexes = (
            models.Index(fields=("state", "number"), name="case_by_state"),
            models.Index(fields=("next_due",), name="case_by_due"),
        )

    def __str__(self) -> str:
        return f"C{self.number} {self.title}"


class Party(models.Model):
    """A team or an organisation that is in a case, and as what."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="parties")
    team = models.ForeignKey("mandate.Team", models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(
        "mandate.Organisation", models.PROTECT, null=True, related_name="+"
    )
    role = models.CharField(max_length=12)
    """`rules.PartyRole`."""
    since = models.DateTimeField()
    by = models.CharField(max_length=254)

    objects: TenantManager[Party] = TenantManager(
        _own, held("role <> 'suspected' AND organisation_id")
    )

    class Meta:
        indexes = (models.Index(fields=("case", "team"), name="case_party_teams"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="case_party_is_one",
                condition=models.Q(team__isnull=True) ^ models.Q(organisation__isnull=True),
            ),
            models.UniqueConstraint(
                fields=("case", "team"),
                name="case_team_once",
                condition=models.Q(team__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("case", "organisation", "role"),
                name="case_organisation_once",
                condition=models.Q(organisation__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("case",), name="case_one_lead", condition=models.Q(role="lead")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of C{self.case_id}"


class Entry(models.Model):
    """A line of a case's timeline. It is never changed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="entries", db_index=False)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    """`rules.EntryKind`."""
    by = models.CharField(max_length=254)
    office = models.CharField(max_length=120)
    tlp = models.CharField(max_length=12)
    text = models.TextField(blank=True, default="")
    facts = models.JSONField(default=dict)
    """Codes, ids and counts that a page puts into words."""
    shared = models.BooleanField(default=False)
    """The organisations in the case see it too."""

    objects: TenantManager[Entry] = TenantManager(
        _of_a_team_or_shared,
        "EXISTS (SELECT FROM cases_party behind WHERE behind.case_id = cases_entry.case_id"
        " AND (cases_entry.shared OR behind.team_id IS NOT NULL))",
    )

    class Meta:
        indexes = (models.Index(fields=("case", "at", "id"), name="case_entry_in_order"),)

    def __str__(self) -> str:
        return f"{self.kind} in C{self.case_id}"


class Link(models.Model):
    """What a case is about: a finding, a report, an organisation, another case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="links", db_index=False)
    kind = models.CharField(max_length=12)
    """`rules.LinkKind`."""
    ref = models.CharField(max_length=96)
    """Its number or name there."""
    note = models.CharField(max_length=240, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=254)

    objects: TenantManager[Link] = TenantManager(_of_a_team, of_case_team("cases_link"))

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("case", "kind", "ref"), name="case_link_once"),
        )
        indexes = (models.Index(fields=("kind", "ref"), name="case_link_back"),)

    def __str__(self) -> str:
        return f"C{self.case_id} to {self.kind} {self.ref}"


class Task(models.Model):
    """What somebody is to do in a case, or has learned from it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=240)
    after_action = models.BooleanField(default=False)
    """Learned from the case, to be done after it; it outlives the case's end."""
    step = models.CharField(max_length=96, blank=True, default="")
    """The step of a playbook that it follows."""
    assignee = models.CharField(max_length=254, blank=True, default="")
    """The account of whoever does it; empty: nobody yet."""
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=254)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=254, blank=True, default="")
    outcome = models.CharField(max_length=1000, blank=True, default="")

    objects: TenantManager[Task] = TenantManager(_of_a_team, of_case_team("cases_task"))

    class Meta:
        indexes = (models.Index(fields=("done_at", "due_at"), name="case_task_open"),)

    def __str__(self) -> str:
        return f"{self.title} (C{self.case_id})"


class Deadline(models.Model):
    """A clock that runs, or ran, in a case. It never stops for a hand-off."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="deadlines")
    kind = models.CharField(max_length=32)
    """Kind of `mandate.Clock`."""
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    clock = models.BigIntegerField(null=True)
    """The dated row of mandate that said so."""
    unconfirmed = models.BooleanField(default=False)
    fired_at = models.DateTimeField(null=True)
    """When it was noted that the time is over."""
    met_at = models.DateTimeField(null=True)
    met_by = models.CharField(max_length=254, blank=True, default="")
    dropped_at = models.DateTimeField(null=True)
    """It binds no more: the case was graded anew, rejected or merged."""

    objects: TenantManager[Deadline] = TenantManager(_of_a_case, of_case("cases_deadline"))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("case", "kind"),
                name="case_clock_runs_once",
                condition=models.Q(met_at__isnull=True, dropped_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                name="case_clock_running",
                condition=models.Q(
                    met_at__isnull=True, dropped_at__isnull=True, fired_at__isnull=True
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} of C{self.case_id} by {self.due_at}"


class Statement(models.Model):
    """What somebody says happened, such as "no data was taken". Unverified until evidence says so.

    Who is suspected is one too: by a named person, with a confidence and evidence.
    """

    class State(models.TextChoices):
        """Whether it holds."""

        UNVERIFIED = "unverified"
        SUPPORTED = "supported"
        REFUTED = "refuted"
        WITHDRAWN = "withdrawn"

    case = models.ForeignKey(Case, models.CASCADE, related_name="statements")
    suspicion = models.BooleanField(default=False)
    text = models.CharField(max_length=1000)
    said_by = models.CharField(max_length=254)
    """Who says it: an officer of the affected, or the analyst who suspects."""
    organisation = models.ForeignKey(
        "mandate.Organisation", models.PROTECT, null=True, related_name="+"
    )
    confidence = models.CharField(max_length=8, blank=True, default="")
    """`low`, `medium` or `high`; of a suspicion."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNVERIFIED)
    evidence = models.ForeignKey(Link, models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=254)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.CharField(max_length=254, blank=True, default="")
    why = models.CharField(max_length=1000, blank=True, default="")

    objects: TenantManager[Statement] = TenantManager(
        _of_a_team_or_own, f"{of_case_team('cases_statement')} OR {held(team='')}"
    )

    def __str__(self) -> str:
        return f"{self.state} in C{self.case_id}"


class Mail(models.Model):
    """A message to or from those in a case. Threads are messages with the same `thread`."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="mails")
    message_id = models.CharField(max_length=250, unique=True)
    """In lower case, without its angle brackets."""
    thread = models.CharField(max_length=250)
    """The `message_id` that began it."""
    outgoing = models.BooleanField()
    author = models.CharField(max_length=254)
    recipient = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=250, blank=True, default="")
    text = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    matched = models.CharField(max_length=10)
    """By what it was known as this case's: `reference`, `number` or `officer`."""
    trusted = models.BooleanField(default=False)
    """Its writer is known in the case; else the number was named, and nothing more is known."""

    objects: TenantManager[Mail] = TenantManager(_of_a_team, of_case_team("cases_mail"))

    class Meta:
        indexes = (models.Index(fields=("thread", "at"), name="case_mail_thread"),)

    def __str__(self) -> str:
        return f"mail in C{self.case_id}"


class Join(models.Model):
    """A merge of two cases, or a split of one; both can be undone.

    A merge moves nothing: the other case points here and is read together with it.
    """

    class Kind(models.TextChoices):
        """Which of the two."""

        MERGE = "merge"
        SPLIT = "split"

    case = models.ForeignKey(Case, models.CASCADE, related_name="joins")
    """What stays."""
    other = models.ForeignKey(Case, models.CASCADE, related_name="joined")
    """What was merged into it, or split from it."""
    kind = models.CharField(max_length=8, choices=Kind.choices)
    was = models.PositiveSmallIntegerField()
    """State of the other before."""
    moved = models.JSONField(default=dict)
    """Numbers of rows that were moved or added, by table, so that the undo knows them."""
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    why = models.CharField(max_length=240, blank=True, default="")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=254, blank=True, default="")

    objects: TenantManager[Join] = TenantManager(_of_a_team, of_case_team("cases_join"))

    def __str__(self) -> str:
        return f"{self.kind} of C{self.other_id} with C{self.case_id}"


class Grade(models.Model):
    """How severe a case was judged to be, by whom and why; the newest holds."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="grades")
    severity = models.PositiveSmallIntegerField()
    axes = models.JSONField(default=dict)
    """Answers to the eight questions of `severity`; empty: no aid was used."""
    score = models.FloatField(null=True)
    suggested = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=1000, blank=True, default="")
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    office = models.CharField(max_length=120)
    confirm_by = models.DateTimeField(null=True)
    """Until when the director confirms it; null: it needs no confirmation."""
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=254, blank=True, default="")

    objects: TenantManager[Grade] = TenantManager(_of_a_team, of_case_team("cases_grade"))

    def __str__(self) -> str:
        return f"C{self.case_id} at C{self.severity}"
