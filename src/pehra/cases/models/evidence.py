"""Evidence of cases, its custody, and requests to hand it over.

Teams in a case see its evidence, and only in an office that holds the power (`evidence.rules`);
organisations in it do not. Whoever asks for evidence sees the request, and nothing of the items.
Words in these tables are those of `evidence.rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from pehra.cases.models.case import Case, Party, of_case_team
from pehra.kernel.labels import Tlp
from pehra.mandate.fences import held, within
from pehra.mandate.tenancy import TenantManager

if TYPE_CHECKING:
    from pehra.mandate.viewers import Viewer


COMING = "coming"


def _teams_cases() -> models.QuerySet[Party, int]:
    """Cases in which one of the viewer's teams is; the parties' own manager reads the scope."""
    return Party.objects.filter(team__isnull=False).values_list("case", flat=True)


def _of_a_team(viewer: Viewer) -> models.Q:
    del viewer
    return models.Q(case__in=_teams_cases())


def _of_an_item(viewer: Viewer) -> models.Q:
    del viewer
    return models.Q(item__case__in=_teams_cases())


def _asked_or_of_a_team(viewer: Viewer) -> models.Q:
    return models.Q(agency__in=viewer.organisations) | _of_a_team(viewer)


def _of_a_request(viewer: Viewer) -> models.Q:
    asked = models.Q(request__agency__in=viewer.organisations)
    return asked | models.Q(request__case__in=_teams_cases())


def _of_a_request_of_a_team(viewer: Viewer) -> models.Q:
    del viewer
    return models.Q(request__case__in=_teams_cases())


def _of_item(table: str) -> str:
    return within("cases_evidenceitem", "id", f"{table}.item_id")


class EvidenceItem(models.Model):
    """One file: what is said of it, and what it is by its digests. It is never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="evidence")
    storage = models.CharField(max_length=32, unique=True)
    """Its name in the vault; it says nothing."""
    state = models.CharField(max_length=10, default=COMING)
    name = models.CharField(max_length=255)
    """As it was called where it was collected."""
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    """Bytes that are durable here, while it comes in."""
    sha256 = models.CharField(max_length=64, blank=True, default="", db_index=True)
    sha512 = models.CharField(max_length=128, blank=True, default="")
    harmful = models.BooleanField(default=False)
    """Believed to be malware. All is kept as if it were."""
    tlp = models.CharField(
        max_length=12, choices=[(one.value, one.value) for one in Tlp], default=Tlp.AMBER_STRICT
    )
    tool = models.CharField(max_length=120, blank=True, default="")
    tool_version = models.CharField(max_length=60, blank=True, default="")
    acquired_at = models.DateTimeField()
    clock_offset_seconds = models.FloatField(null=True)
    source = models.CharField(max_length=240)
    collector = models.CharField(max_length=240)
    order = models.CharField(max_length=40)
    note = models.TextField(blank=True, default="")
    derived_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="derived")
    """The item of which this is a redacted or converted copy."""
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=254)
    kept_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    objects: TenantManager[EvidenceItem] = TenantManager(
        _of_a_team, of_case_team("cases_evidenceitem")
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="evidence_received", condition=models.Q(received__lte=models.F("size"))
            ),
            models.CheckConstraint(
                name="evidence_digests",
                condition=models.Q(state=COMING) | ~models.Q(sha256=""),
            ),
        ]

    def __str__(self) -> str:
        return f"E{self.pk} of C{self.case_id}"


class CustodyLine(models.Model):
    """A line of an item's custody, as `evidence.custody.Line` says it."""

    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="custody")
    seq = models.PositiveIntegerField()
    act = models.CharField(max_length=16)
    at = models.DateTimeField()
    text = models.TextField()
    """Canonical JSON, whose SHA-256 is the digest."""
    digest = models.CharField(max_length=64)
    entry = models.BigIntegerField()
    """Index of the ledger entry that has the digest."""

    objects: TenantManager[CustodyLine] = TenantManager(_of_an_item, _of_item("cases_custodyline"))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "seq"), name="custody_line_once"),)

    def __str__(self) -> str:
        return f"{self.seq} of E{self.item_id}"


class HandOver(models.Model):
    """A request for evidence, and how far it has come."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="requests")
    state = models.CharField(max_length=16, default="request")
    kind = models.CharField(max_length=12)
    agency = models.ForeignKey("mandate.Organisation", models.PROTECT, related_name="+")
    """The body that asks."""
    reference = models.CharField(max_length=120)
    """Its own number of the letter, order or warrant."""
    ordered_by = models.SlugField(max_length=64)
    """Slug of the body whose letter, order or warrant it is."""
    ground = models.SlugField(max_length=64, blank=True, default="")
    law = models.CharField(max_length=240, blank=True, default="")
    """Instrument and section as they read when it was judged."""
    scope = models.TextField()
    narrowed_to = models.TextField(blank=True, default="")
    refused_why = models.TextField(blank=True, default="")
    emergency = models.BooleanField(default=False)
    """A life is at stake: asked by word of mouth, paper follows."""
    paper_due = models.DateTimeField(null=True)
    paper_at = models.DateTimeField(null=True)
    preserve_until = models.DateField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=254)
    changed_at = models.DateTimeField()
    retain_until = models.DateField(null=True)

    objects: TenantManager[HandOver] = TenantManager(
        _asked_or_of_a_team,
        f"{held('agency_id', '')} OR {of_case_team('cases_handover')}",
    )

    class Meta:
        indexes = (models.Index(fields=("state", "id"), name="hand_over_by_state"),)

    def __str__(self) -> str:
        return f"H{self.pk} at {self.state}"


class HandOverStep(models.Model):
    """A step that was taken. It is never changed."""

    request = models.ForeignKey(HandOver, models.CASCADE, related_name="steps")
    state = models.CharField(max_length=16)
    does = models.CharField(max_length=8)
    """By which word of the power (`mandate.powers.FAMILIES`)."""
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    typed_by = models.CharField(max_length=254)
    office = models.CharField(max_length=120)
    text = models.TextField(blank=True, default="")

    objects: TenantManager[HandOverStep] = TenantManager(
        _of_a_request, within("cases_handover", "id", "cases_handoverstep.request_id")
    )

    def __str__(self) -> str:
        return f"{self.state} of H{self.request_id}"


class HandOverItem(models.Model):
    """An item that goes out with a request, or something that was left out, and why."""

    request = models.ForeignKey(HandOver, models.CASCADE, related_name="choices")
    item = models.ForeignKey(EvidenceItem, models.PROTECT, null=True, related_name="requests")
    what = models.CharField(max_length=240, blank=True, default="")
    """Of what is left out and is no item by itself, such as the names of third parties."""
    left_out = models.BooleanField(default=False)
    why = models.TextField(blank=True, default="")

    objects: TenantManager[HandOverItem] = TenantManager(
        _of_a_request_of_a_team,
        "EXISTS (SELECT FROM cases_handover asked JOIN cases_party behind"
        " ON behind.case_id = asked.case_id WHERE asked.id = cases_handoveritem.request_id"
        " AND behind.team_id IS NOT NULL)",
    )

    def __str__(self) -> str:
        return f"{'without' if self.left_out else 'with'} {self.item_id or self.what}"


class HandOverPackage(models.Model):
    """What was packed for a request: the manifest as signed. The items stay in the vault."""

    request = models.OneToOneField(HandOver, models.CASCADE, related_name="package")
    manifest = models.TextField()
    signature = models.BinaryField()
    carried = models.JSONField(default=dict)
    """Path -> text of the files that go along, as the manifest names them."""
    stamp = models.BinaryField(default=b"")
    stamped_at = models.DateTimeField(null=True)
    entry = models.BigIntegerField()
    """Index of the ledger entry that has the manifest's digest."""
    second_entry = models.BigIntegerField(null=True)
    """Index of the ledger entry of the second signature."""

    objects: TenantManager[HandOverPackage] = TenantManager(
        _of_a_request_of_a_team,
        "EXISTS (SELECT FROM cases_handover asked JOIN cases_party behind"
        " ON behind.case_id = asked.case_id WHERE asked.id = cases_handoverpackage.request_id"
        " AND behind.team_id IS NOT NULL)",
    )

    def __str__(self) -> str:
        return f"package of H{self.request_id}"


class EvidenceHold(models.Model):
    """A legal hold: what it keeps is not destroyed, whatever its age."""

    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="holds")
    request = models.ForeignKey(HandOver, models.PROTECT, null=True, related_name="holds")
    """The request for which it is preserved; null: a hold of its own."""
    reason = models.TextField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=254)
    until = models.DateField(null=True)
    """Day on which it ends by itself; null: somebody lifts it."""
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=254, blank=True, default="")

    objects: TenantManager[EvidenceHold] = TenantManager(
        _of_an_item, _of_item("cases_evidencehold")
    )

    def __str__(self) -> str:
        return f"hold on E{self.item_id}"
