"""Applications for an account: read by national staff alone, and by whoever has an invitation."""

from __future__ import annotations

from django.db import models


class Application(models.Model):
    """An organisation that asked for an account, and the invitation that came of it.

    It is no tenant's: until it is accepted there is none, and then its people see the organisation.
    """

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        JOINED = "joined"
        """The invitation was used."""

    name = models.CharField(max_length=200)
    sector = models.CharField(max_length=64, blank=True, default="")
    website = models.CharField(max_length=255, blank=True, default="")
    person = models.CharField(max_length=160)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=8, default="en")
    networks = models.TextField()
    """What it says that it holds, in its own words; nothing comes of it by itself."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=160, blank=True, default="")
    why = models.CharField(max_length=240, blank=True, default="")
    slug = models.CharField(max_length=64, blank=True, default="")
    """Of the organisation that was made."""
    office = models.CharField(max_length=96, blank=True, default="")
    token_digest = models.CharField(max_length=64, blank=True, default="")
    """SHA-256 of the invitation's word; empty: none is out."""
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("email",), condition=models.Q(state="asked"), name="application_once"
            ),
        )
        indexes = (
            models.Index(fields=("state", "id"), name="application_by_state"),
            models.Index(
                fields=("token_digest",),
                condition=~models.Q(token_digest=""),
                name="application_by_token",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"
