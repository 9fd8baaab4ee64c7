"""Breaches of personal data, and what is drafted about each. No column has anybody's own data."""

from __future__ import annotations

from django.db import models

from pehra.cases.models.case import _of_a_team_or_own, of_case_team
from pehra.mandate.fences import held, within
from pehra.mandate.tenancy import TenantManager
from pehra.mandate.viewers import Viewer  # noqa: TC001 django-stubs reads the annotation


class Breach(models.Model):
    """A breach: whose, since when it is known, what is known, how it was judged, who was told."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="breaches")
    organisation = models.ForeignKey("mandate.Organisation", models.PROTECT, related_name="+")
    """Who answers for the data: the controller."""
    processor = models.CharField(max_length=200, blank=True, default="")
    """Who held them for it, where the breach was there."""
    processor_aware_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, default="detected")
    """`breaches.rules.State`."""
    aware_at = models.DateTimeField()
    """T0: the controller knew; the clocks run from here."""
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    contents = models.JSONField()
    """`breaches.rules.Contents`: kinds and rough numbers."""
    answers = models.JSONField(default=dict)
    """Of the risk test: question -> score and reason."""
    risk = models.CharField(max_length=4, blank=True, default="")
    risk_why = models.CharField(max_length=1000, blank=True, default="")
    assessed_at = models.DateTimeField(null=True)
    assessed_by = models.CharField(max_length=254, blank=True, default="")
    authority_due = models.DateTimeField(null=True)
    people_due = models.DateTimeField(null=True)
    processor_due = models.DateTimeField(null=True)
    """By when the processor was to tell the controller."""
    unconfirmed = models.BooleanField(default=False)
    """No public source confirms the clock that runs."""
    authority_at = models.DateTimeField(null=True)
    people_at = models.DateTimeField(null=True)
    people_told = models.PositiveBigIntegerField(null=True)
    """How many, as the controller says."""
    late_reason = models.CharField(max_length=1000, blank=True, default="")
    exemption = models.CharField(max_length=16, blank=True, default="")
    exemption_why = models.CharField(max_length=1000, blank=True, default="")
    public_notice = models.CharField(max_length=240, blank=True, default="")
    """The advisory or page that tells the public instead."""
    closed_at = models.DateTimeField(null=True)

    objects: TenantManager[Breach] = TenantManager(
        _of_a_team_or_own, f"{of_case_team('cases_breach')} OR {held(team='')}"
    )

    class Meta:
        indexes = (models.Index(fields=("state", "authority_due"), name="breach_by_state"),)

    def __str__(self) -> str:
        return f"breach {self.pk} in C{self.case_id}"


def _of_a_breach(viewer: Viewer) -> models.Q:
    del viewer  # the breach's own manager reads the scope
    return models.Q(breach__in=Breach.objects.values("pk"))


class BreachText(models.Model):
    """A text about a breach: drafted by the house, edited by a person, released once."""

    class To(models.TextChoices):
        """For whom."""

        AUTHORITY = "authority"
        PEOPLE = "people"

    breach = models.ForeignKey(Breach, models.PROTECT, related_name="texts")
    to = models.CharField(max_length=10, choices=To.choices)
    addressee = models.CharField(max_length=96)
    """`team:ncert` or `organisation:sbp`; of what people are told, the controller itself."""
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=240)
    body = models.TextField()
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=254)
    edited_at = models.DateTimeField(null=True)
    edited_by = models.CharField(max_length=254, blank=True, default="")
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=254, blank=True, default="")
    envelope = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=200, blank=True, default="")
    """What the door said: a state, or why it does not leave."""

    objects: TenantManager[BreachText] = TenantManager(
        _of_a_breach, within("cases_breach", "id", "cases_breachtext.breach_id")
    )

    def __str__(self) -> str:
        return f"{self.to} text of breach {self.breach_id}"
