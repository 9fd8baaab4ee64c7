"""Advisories and their editions, who reviewed them, who was told, and who asked to be told.

An advisory is no tenant's: it is for everybody. Who was told is the organisation's own row.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from pehra.mandate.fences import held
from pehra.mandate.tenancy import TenantManager
from pehra.mandate.viewers import Viewer  # noqa: TC001 django-stubs reads the annotation


class Series(models.Model):
    """The prefix under which a team numbers its advisories, from a day on."""

    owner = models.SlugField(max_length=64)
    """Slug of the team."""
    prefix = models.CharField(max_length=16)
    since = models.DateTimeField()
    decided_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.prefix} of {self.owner}"


class Advisory(models.Model):
    """What the public knows by one number; its words are its editions'."""

    number = models.CharField(max_length=32, blank=True, default="")
    """Given when it is first published, so that the numbers have no gaps."""
    prefix = models.CharField(max_length=16, blank=True, default="")
    year = models.PositiveSmallIntegerField(null=True)
    serial = models.PositiveIntegerField(null=True)
    standing = models.CharField(max_length=12, default="unpublished")
    severity = models.PositiveSmallIntegerField()
    """Of the edition that stands, for lists."""
    begun_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    """When the public last saw something new: an edition, or its end."""
    ended_by = models.CharField(max_length=200, blank=True, default="")
    ended_why = models.TextField(blank=True, default="")
    ended_why_ur = models.TextField(blank=True, default="")
    successor = models.ForeignKey("self", models.PROTECT, null=True)
    """Which one took its place."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("number",),
                condition=~models.Q(number=""),
                name="advisory_numbered_once",
            ),
        )
        indexes = (
            models.Index(fields=("published_at",), name="advisory_by_day"),
            models.Index(fields=("prefix", "year", "serial"), name="advisory_by_serial"),
        )

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"


class Edition(models.Model):
    """One text of an advisory. A published one is never changed and never deleted."""

    advisory = models.ForeignKey(Advisory, models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=20, default="draft")
    text = models.JSONField()
    """`advisories.rules.Text`."""
    digest = models.CharField(max_length=64)
    writers = models.JSONField(default=list)
    """Accounts that wrote or changed it."""
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=200, blank=True, default="")
    audience = models.JSONField(default=dict)
    """`advisories.rules.Audience`: who is told beside the subscribers."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("advisory", "number"), name="edition_once"),)

    def __str__(self) -> str:
        return f"{self.advisory} edition {self.number}"


class Review(models.Model):
    """What a reviewer said of exactly one text."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=12)
    passed = models.BooleanField()
    digest = models.CharField(max_length=64)
    by = models.CharField(max_length=254)
    office = models.CharField(max_length=120)
    at = models.DateTimeField()
    remark = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.kind} review of {self.edition_id}"


class Exposure(models.Model):
    """How many assets were exposed so many days after an edition was published, as counted then."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="exposures")
    days = models.PositiveSmallIntegerField()
    assets = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("edition", "days"), name="exposure_counted_once"),
        )

    def __str__(self) -> str:
        return f"{self.assets} exposed after {self.days} days"


class Subscriber(models.Model):
    """An address that wants advisories; kept only while it does."""

    address = models.EmailField(unique=True)
    language = models.CharField(max_length=8, default="en")
    least = models.PositiveSmallIntegerField(default=0)
    """Severity below which it wants none."""
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    """Null: nobody has answered from there yet, and nothing is sent but the question."""

    class Meta:
        indexes = (models.Index(fields=("confirmed_at", "id"), name="subscriber_confirmed"),)

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations)


class Told(models.Model):
    """An organisation that was told of an edition, and whether it said that it has read it."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE, related_name="+")
    critical = models.BooleanField(default=False)
    """It is critical information infrastructure."""
    mailboxes = models.PositiveSmallIntegerField()
    sent = models.BooleanField()
    """A letter left or waits to; false: the door kept it."""
    told_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    """The link's page was opened, by a person or by a scanner of mail."""
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=160, blank=True, default="")

    objects = TenantManager["Told"](_own, held(team=""))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("edition", "organisation"), name="told_once"),
        ]
        indexes = (models.Index(fields=("organisation", "edition"), name="told_of_holder"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} told of {self.edition_id}"
