"""Cases that were brought from another system, and what of them is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from pehra.cases.models.case import Case, Party, of_case_team
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _of_a_team(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(case__in=Party.objects.filter(team__isnull=False).values("case"))


class Brought(models.Model):
    """A case as another system calls it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="brought")
    system = models.CharField(max_length=40)
    """Which: `rtir`, or a name of one's own where there are two."""
    ref = models.CharField(max_length=64)
    """What it is called there."""
    parts = models.JSONField(default=dict)
    """Name of a part -> word or digest, as `brought.difference` keeps them."""
    at = models.DateTimeField()
    by = models.CharField(max_length=254)

    objects: TenantManager[Brought] = TenantManager(_of_a_team, of_case_team("cases_brought"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("system", "ref"), name="case_brought_once"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.ref} as C{self.case_id}"
