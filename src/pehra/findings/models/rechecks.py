"""Tables of re-checks: who consented, which host was knocked at when, and what was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.mandate.fences import held, of_finding
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations)


def _own_of_finding(viewer: Viewer) -> models.Q:
    return models.Q(finding__organisation__in=viewer.organisations) | models.Q(
        finding__team__in=viewer.teams
    )


class RecheckConsent(models.Model):
    """An organisation's head lets its exposed services be looked at again. Kept when it ends."""

    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    since = models.DateTimeField()
    until = models.DateTimeField()
    given_by = models.CharField(max_length=160)
    ended_at = models.DateTimeField(null=True)
    """When it was taken back; null: it was not."""
    ended_by = models.CharField(max_length=160, blank=True, default="")

    objects: TenantManager[RecheckConsent] = TenantManager(_own, held(team=""))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation",),
                condition=models.Q(ended_at__isnull=True),
                name="one_consent_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"re-checks of {self.organisation_id} until {self.until:%Y-%m-%d}"


class Knocked(models.Model):
    """When a host was last knocked at: by this row the hour is kept, over all processes."""

    host = models.CharField(max_length=45, primary_key=True)
    """The address in its one spelling."""
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} at {self.at:%Y-%m-%d %H:%M}"


class Recheck(models.Model):
    """What was heard at a finding's port: a fact beside what sources report."""

    finding = models.ForeignKey("findings.Finding", models.CASCADE, db_constraint=False)
    at = models.BigIntegerField()
    """Microseconds since 1970, as a finding's own moments."""
    heard = models.CharField(max_length=12)
    """`engines.http.knock.Heard`; empty: it was begun, and never came back to say."""
    status = models.PositiveSmallIntegerField(null=True)
    by = models.CharField(max_length=160)

    objects: TenantManager[Recheck] = TenantManager(_own_of_finding, of_finding("findings_recheck"))

    class Meta:
        indexes = (models.Index(fields=("finding", "-at"), name="recheck_by_finding"),)

    def __str__(self) -> str:
        return f"F{self.finding_id} {self.heard} at {self.at}"
