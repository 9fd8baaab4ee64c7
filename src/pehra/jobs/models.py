"""Tables of the queue: jobs, schedules, and the lease that makes one scheduler the leader."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """Work to be done once, later, by a worker; queued in the transaction that made it needed."""

    class State(models.TextChoices):
        """Life of a job."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=64)
    """Dotted name of the function that does it, among those that rooms register."""
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    unique_key = models.CharField(max_length=128, blank=True, default="")
    """While a job with this key is queued, another is not added; empty: always added."""
    run_after = models.DateTimeField()
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    most_attempts = models.PositiveSmallIntegerField(default=5)
    worker = models.CharField(max_length=96, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    """A running job whose lease has passed is taken by another worker."""
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    organisation = models.BigIntegerField(null=True)
    """The tenant who asked for it; null: the house itself."""

    class Meta:
        indexes = (models.Index(fields=("state", "run_after", "id"), name="job_due"),)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "unique_key"),
                condition=models.Q(state="queued") & ~models.Q(unique_key=""),
                name="job_queued_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.state}"


class Schedule(models.Model):
    """A job kind that is queued again and again."""

    name = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    every_seconds = models.PositiveIntegerField()
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} every {self.every_seconds} s"


class Lease(models.Model):
    """A role that one process holds for a while, such as the scheduler's."""

    name = models.CharField(max_length=64, primary_key=True)
    holder = models.CharField(max_length=96)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} held by {self.holder}"
