"""Early warnings: what an organisation wants to hear of an asset whose control it has proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.mandate.fences import held
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations)


class Subscription(models.Model):
    """Which severities are told at once, and which in the digest; the others are not told early."""

    asset = models.ForeignKey("registry.Asset", models.CASCADE)
    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    at_once = models.JSONField(default=list)
    digest = models.JSONField(default=list)
    """Severities in words."""
    since = models.DateTimeField()

    objects: TenantManager[Subscription] = TenantManager(_own, held(team=""))

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "asset"), name="subscription_once"),
        )

    def __str__(self) -> str:
        return f"{self.organisation_id} on {self.asset_id}"
