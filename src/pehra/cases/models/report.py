"""Reports of people without an account: each in one cluster; who reported stands apart, sealed.

A team sees the clusters that it leads on, and what is in them. No organisation sees any: whoever
reports something about it is not told to it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.mandate.fences import held, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _of_team(viewer: Viewer) -> models.Q:
    return models.Q(team__in=viewer.teams)


def _in_cluster(viewer: Viewer) -> models.Q:
    return models.Q(cluster__team__in=viewer.teams)


def _of_report(viewer: Viewer) -> models.Q:
    return models.Q(report__cluster__team__in=viewer.teams)


class Cluster(models.Model):
    """Reports of the same thing: one line for whoever decides on it."""

    kind = models.CharField(max_length=13)
    """`reported.rules.Kind` of its first report."""
    state = models.CharField(max_length=9, default="open")
    team = models.ForeignKey("mandate.Team", models.SET_NULL, null=True, related_name="+")
    """That leads where it is about a known organisation, else the nation's; null: there is none."""
    organisation = models.ForeignKey(
        "mandate.Organisation", models.SET_NULL, null=True, related_name="+"
    )
    """Whom it is about, as far as the register knows the site or a desk said."""
    title = models.CharField(max_length=160)
    grade = models.PositiveSmallIntegerField()
    """`rules.grade`: what stands at the top of the list."""
    suggestion = models.CharField(max_length=10, blank=True, default="")
    """What triage takes its first report for. It decides nothing."""
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    reports = models.PositiveIntegerField(default=0)
    origins = models.PositiveIntegerField(default=0)
    """Places from which they came."""
    top = models.PositiveIntegerField(default=0)
    """Reports of the place that sent the most."""
    gathered = models.BooleanField(default=False)
    """A line of what came too often from one place and was like nothing else."""
    fresh = models.PositiveIntegerField(default=0)
    """Reports since it was decided on."""
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    signature = models.BinaryField(default=b"")
    like = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    """Something alike was decided on before."""
    into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    """Of a duplicate: what it is the same as."""
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=254, blank=True, default="")
    why = models.CharField(max_length=500, blank=True, default="")
    """For colleagues; reporters see `Told`."""

    objects: TenantManager[Cluster] = TenantManager(_of_team, held(organisation=""))

    class Meta:
        indexes = (
            models.Index(fields=("state", "-grade", "-id"), name="cluster_in_order"),
            models.Index(fields=("state", "first_at"), name="cluster_by_age"),
            models.Index(
                fields=("-grade", "-id"), name="cluster_fresh", condition=models.Q(fresh__gt=0)
            ),
        )

    def __str__(self) -> str:
        return f"R{self.pk} {self.title}"


class ClusterKey(models.Model):
    """What leads to a cluster: a page, a number, a file, words, or a part of a text's likeness.

    Whoever has a key first keeps it.
    """

    key = models.BigIntegerField(primary_key=True)
    cluster = models.ForeignKey(Cluster, models.CASCADE, db_index=False, related_name="+")

    objects: TenantManager[ClusterKey] = TenantManager(
        _in_cluster, within("cases_cluster", "id", "cases_clusterkey.cluster_id")
    )

    def __str__(self) -> str:
        return f"{self.key} of R{self.cluster_id}"


class ClusterOrigin(models.Model):
    """How many reports of a cluster came from one place."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, db_index=False, related_name="places")
    origin = models.BigIntegerField()
    """A digest with a secret of the home; another one each month."""
    reports = models.PositiveIntegerField()

    objects: TenantManager[ClusterOrigin] = TenantManager(
        _in_cluster, within("cases_cluster", "id", "cases_clusterorigin.cluster_id")
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("cluster", "origin"), name="cluster_origin_once"),
        )

    def __str__(self) -> str:
        return f"{self.reports} to R{self.cluster_id}"


class OriginHour(models.Model):
    """How many reports came from one place in one hour."""

    origin = models.BigIntegerField()
    hour = models.PositiveIntegerField()
    """Hours since 1970."""
    reports = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("origin", "hour"), name="origin_hour_once"),)

    def __str__(self) -> str:
        return f"{self.reports} in hour {self.hour}"


class Report(models.Model):
    """What one person reported."""

    number = models.CharField(max_length=12, unique=True)
    """By which its fate is asked; it opens nothing else."""
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="all", db_index=False)
    kind = models.CharField(max_length=13)
    door = models.CharField(max_length=7)
    at = models.DateTimeField()
    """When it came, and was answered with its number."""
    language = models.CharField(max_length=2)
    url = models.CharField(max_length=2_000, blank=True, default="")
    subject = models.CharField(max_length=240, blank=True, default="")
    text = models.TextField(blank=True, default="")
    origin = models.BigIntegerField()
    robot = models.BooleanField(default=False)
    """A trap that people do not see was filled in."""
    delivery = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 null: nothing names it, and many have none
    """SHA-256 of what names the message that brought it, so that none counts twice."""

    objects: TenantManager[Report] = TenantManager(
        _in_cluster, within("cases_cluster", "id", "cases_report.cluster_id")
    )

    class Meta:
        indexes = (models.Index(fields=("cluster", "id"), name="report_of_cluster"),)

    def __str__(self) -> str:
        return self.number


class ReportPart(models.Model):
    """A file that came with a report: kept sealed, by its SHA-256, and opened by nobody here."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="parts")
    name = models.CharField(max_length=120, blank=True, default="")
    """As its sender says, and so is the type."""
    media_type = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()

    objects: TenantManager[ReportPart] = TenantManager(
        _of_report, within("cases_report", "id", "cases_reportpart.report_id")
    )

    class Meta:
        indexes = (models.Index(fields=("sha256",), name="report_part_by_digest"),)

    def __str__(self) -> str:
        return self.name or self.sha256[:12]


class ReportContact(models.Model):
    """How a reporter may be told: apart from the report, sealed under the home's data key."""

    report = models.OneToOneField(Report, models.CASCADE, related_name="contact")
    inside = models.BinaryField()
    has_mail = models.BooleanField()
    kept_at = models.DateTimeField()
    opened = models.PositiveIntegerField(default=0)
    """How often a person opened it; each time stands in the ledger."""

    objects: TenantManager[ReportContact] = TenantManager(
        _of_report, within("cases_report", "id", "cases_reportcontact.report_id")
    )

    def __str__(self) -> str:
        return f"contact of report {self.report_id}"


class Told(models.Model):
    """What reporters of a cluster are told, on the page of each one's number."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="told")
    at = models.DateTimeField()
    verdict = models.CharField(max_length=9)
    words = models.CharField(max_length=2_000, blank=True, default="")
    by = models.CharField(max_length=254)
    last = models.BigIntegerField(default=0)
    """Id of the last report whose contact was written to."""
    done = models.BooleanField(default=False)

    objects: TenantManager[Told] = TenantManager(
        _in_cluster, within("cases_cluster", "id", "cases_told.cluster_id")
    )

    def __str__(self) -> str:
        return f"R{self.cluster_id}: {self.verdict}"
