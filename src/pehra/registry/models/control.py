"""Proofs of control, and the mailboxes that address registries name for an asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from pehra.mandate.fences import held
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


def _own(viewer: Viewer) -> models.Q:
    return models.Q(organisation__in=viewer.organisations)


class ControlProof(models.Model):
    """An organisation shows that it controls an asset; see `pehra.registry.control`."""

    class Method(models.TextChoices):
        """By what."""

        DNS_TXT = "dns-txt"
        HTTPS_FILE = "https-file"
        REGISTRY_MAILBOX = "registry-mailbox"
        LETTER = "letter"

    class State(models.TextChoices):
        """Where it stands; only `proved` carries a claim."""

        ASKED = "asked"
        PROVED = "proved"
        LAPSED = "lapsed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    asset = models.ForeignKey("registry.Asset", models.CASCADE)
    organisation = models.ForeignKey("mandate.Organisation", models.CASCADE)
    method = models.CharField(max_length=16, choices=Method.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    token = models.CharField(max_length=64, blank=True, default="")
    """The word that is shown in DNS or in the file; it is no secret from its holder."""
    token_digest = models.CharField(max_length=64, blank=True, default="")
    """SHA-256 of the word that went to the mailbox; empty: none is out."""
    mailbox = models.EmailField(blank=True, default="")
    letter = models.CharField(max_length=64, blank=True, default="")
    """SHA-256 of the letter as recorded; the blob is kept under it."""
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=160, blank=True, default="")
    proved_at = models.DateTimeField(null=True, blank=True)
    last_checked = models.DateTimeField(null=True, blank=True)
    missing_since = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    """When it is looked at again."""
    detail = models.CharField(max_length=240, blank=True, default="")
    """What the last look found, in words."""
    claim = models.ForeignKey("registry.Claim", models.SET_NULL, null=True, blank=True)

    objects: TenantManager[ControlProof] = TenantManager(_own, held(team=""))

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("asset", "organisation", "method"),
                condition=models.Q(state__in=("asked", "proved")),
                name="control_proof_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("token_digest",),
                condition=~models.Q(token_digest=""),
                name="control_by_token",
            ),
        )

    def __str__(self) -> str:
        return f"{self.method} of {self.asset_id} by {self.organisation_id}: {self.state}"


class RegistryMailbox(models.Model):
    """A mailbox that an address or domain registry names for an asset; no claimant can."""

    asset = models.ForeignKey("registry.Asset", models.CASCADE)
    address = models.EmailField()
    source = models.CharField(max_length=240)
    """Where it was read, such as the address of the RDAP answer."""
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("asset", "address"), name="registry_mailbox_once"),
        )

    def __str__(self) -> str:
        return f"{self.address} of {self.asset_id}"
