"""Exercises of cases: which scenario was played, what was put in when, and who answered a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.cases.models.case import Case, Party, of_case_team
from pehra.mandate.fences import held, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _of_a_team(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(case__in=Party.objects.filter(team__isnull=False).values("case"))


def _of_an_exercise(viewer: Viewer) -> models.Q:
    del viewer  # the parties' own manager reads the scope
    return models.Q(exercise__case__in=Party.objects.filter(team__isnull=False).values("case"))


def _own_team(viewer: Viewer) -> models.Q:
    return models.Q(team__in=viewer.teams)


def _own_ping(viewer: Viewer) -> models.Q:
    return models.Q(ping__team__in=viewer.teams)


class Exercise(models.Model):
    """A scenario that is played in a case of its own, whose `exercise` keeps it out of numbers."""

    scenario = models.CharField(max_length=48)
    version = models.CharField(max_length=64)
    """SHA-256 of the scenario's text."""
    case = models.OneToOneField(Case, models.CASCADE, related_name="drill")
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=254)
    ended_at = models.DateTimeField(null=True)

    objects: TenantManager[Exercise] = TenantManager(_of_a_team, of_case_team("cases_exercise"))

    def __str__(self) -> str:
        return f"{self.scenario} in C{self.case_id}"


class Inject(models.Model):
    """What was put in: its place in the scenario, when, by whom, and what became of it."""

    exercise = models.ForeignKey(Exercise, models.CASCADE, related_name="injects")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    planned_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    facts = models.JSONField(default=dict)

    objects: TenantManager[Inject] = TenantManager(
        _of_an_exercise, within("cases_exercise", "id", "cases_inject.exercise_id")
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("exercise", "place"), name="inject_once"),)

    def __str__(self) -> str:
        return f"inject {self.place} of {self.exercise_id}"


class Ping(models.Model):
    """A test of a team's call tree: everybody is asked, and must answer within the target."""

    team = models.ForeignKey("mandate.Team", models.PROTECT, related_name="+")
    exercise = models.ForeignKey(Exercise, models.CASCADE, null=True, related_name="pings")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=254)
    target_minutes = models.PositiveIntegerField()

    objects: TenantManager[Ping] = TenantManager(_own_team, held(organisation=""))

    def __str__(self) -> str:
        return f"call tree of {self.team_id} at {self.asked_at}"


class Called(models.Model):
    """One who was asked, and whether an answer came."""

    ping = models.ForeignKey(Ping, models.CASCADE, related_name="called")
    name = models.CharField(max_length=254)
    duty = models.CharField(max_length=16)
    """Why this person: `duty`, `lead`, `on-call`, or `office`."""
    how = models.CharField(max_length=8, blank=True, default="")
    """`phone` or `mail`, once it was answered."""
    answered_at = models.DateTimeField(null=True)
    noted_by = models.CharField(max_length=254, blank=True, default="")

    objects: TenantManager[Called] = TenantManager(
        _own_ping, within("cases_ping", "id", "cases_called.ping_id")
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("ping", "name"), name="called_once"),)

    def __str__(self) -> str:
        return f"{self.name} in {self.ping_id}"
