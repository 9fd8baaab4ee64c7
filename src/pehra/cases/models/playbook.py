"""Playbooks at their versions, runs of them in cases, and what was said of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.cases.models.case import Case, Party, of_case_team
from pehra.mandate.fences import within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _of_a_team(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(case__in=Party.objects.filter(team__isnull=False).values("case"))


def _of_a_run(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(run__case__in=Party.objects.filter(team__isnull=False).values("case"))


class KnownPlaybook(models.Model):
    """A version of a playbook: one that came with Pehra and was begun, or one brought in."""

    cacao_id = models.CharField(max_length=96)
    version = models.CharField(max_length=24)
    """Its `modified`."""
    name = models.CharField(max_length=240)
    kind = models.CharField(max_length=32, blank=True, default="")
    """Kind of case that it is for; empty: any."""
    sha256 = models.CharField(max_length=64)
    content = models.TextField()
    """As it was read, byte for byte."""
    shipped = models.BooleanField()
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("cacao_id", "version"), name="playbook_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.version}"


class PlaybookRun(models.Model):
    """A playbook that is followed in a case, at the version with which it was begun."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="runs")
    playbook = models.ForeignKey(KnownPlaybook, models.PROTECT, related_name="runs")
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=254)

    objects: TenantManager[PlaybookRun] = TenantManager(
        _of_a_team, of_case_team("cases_playbookrun")
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("case", "playbook"), name="playbook_run_once"),
        )

    def __str__(self) -> str:
        return f"{self.playbook_id} in C{self.case_id}"


class StepMark(models.Model):
    """What was said of a step. It is never changed: a later one counts instead."""

    run = models.ForeignKey(PlaybookRun, models.CASCADE, related_name="marks")
    step = models.CharField(max_length=96)
    state = models.CharField(max_length=8)
    """`playbooks.following.Marked`."""
    chosen = models.CharField(max_length=250, blank=True, default="")
    """The answer to a question: the key of a branch."""
    why = models.CharField(max_length=400, blank=True, default="")
    by = models.CharField(max_length=254)
    office = models.CharField(max_length=120)
    at = models.DateTimeField()

    objects: TenantManager[StepMark] = TenantManager(
        _of_a_run, within("cases_playbookrun", "id", "cases_stepmark.run_id")
    )

    class Meta:
        indexes = (models.Index(fields=("run", "id"), name="step_mark_in_order"),)

    def __str__(self) -> str:
        return f"{self.step} {self.state}"
