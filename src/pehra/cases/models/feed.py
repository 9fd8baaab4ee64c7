"""Rules by which findings open cases, and what each rule fed to which case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.cases.models.case import Case, Party, of_case_team
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _of_a_team(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(case__in=Party.objects.filter(team__isnull=False).values("case"))


class CaseRule(models.Model):
    """A version of a rule that stands instead of the one that came with Pehra, from a day on."""

    slug = models.CharField(max_length=64)
    valid_from = models.DateField()
    content = models.JSONField()
    """Fields of `fromfindings.rules.Rule`."""
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=254)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("slug", "valid_from"), name="case_rule_once_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.slug} from {self.valid_from}"


class Feed(models.Model):
    """What a rule feeds: findings of one group go to one case for as long as that is open."""

    rule = models.CharField(max_length=64)
    group = models.CharField(max_length=200)
    case = models.ForeignKey(Case, models.CASCADE, related_name="feeds")
    opened = models.BooleanField()
    """The rule opened the case, rather than found one open."""
    begun_at = models.DateTimeField()
    fed_at = models.DateTimeField()
    findings = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    """The newest finding that was fed: once the case has ended, all up to it are judged."""
    digest = models.CharField(max_length=64, blank=True, default="")
    """Of the findings that were fed last: the same ones again are no news."""

    objects: TenantManager[Feed] = TenantManager(_of_a_team, of_case_team("cases_feed"))

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("rule", "group", "case"), name="case_feed_once"),
        )
        indexes = (models.Index(fields=("rule", "begun_at"), name="case_feed_by_day"),)

    def __str__(self) -> str:
        return f"{self.rule} to C{self.case_id}"
