"""Tables of the nation's structure. Whatever law or policy may change is a dated row."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from pehra.mandate.fences import held
from pehra.mandate.tenancy import TenantManager
from pehra.mandate.viewers import Viewer  # noqa: TC001 django-stubs reads the annotation


class Dated(models.Model):
    """What holds between two dates by somebody's word.

    `unconfirmed` marks what no public source confirms; pages show it beside the value.
    """

    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    """First day on which it no longer holds; null: still in force."""
    source = models.CharField(max_length=240, blank=True, default="")
    unconfirmed = models.BooleanField(default=False)
    note = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


class Filed(Dated):
    """What a structure file may state; `pehra.mandate.actions.load_structure` writes it."""

    filed = models.CharField(max_length=64, blank=True, default="")
    """Digest of the row as a file last wrote it; empty: none did. A row that no longer gives it was
    changed by a person, and a file does not undo that in silence."""

    class Meta:
        abstract = True


class Sector(Filed):
    """A part of the economy or the state, with the team that serves it."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    name_ur = models.CharField(max_length=160, blank=True, default="")
    regulator = models.ForeignKey(
        "mandate.Organisation", models.SET_NULL, null=True, blank=True, related_name="regulates"
    )
    team = models.ForeignKey(
        "mandate.Team", models.SET_NULL, null=True, blank=True, related_name="serves_sectors"
    )
    restricted = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Territory(Filed):
    """A province or territory, by its ISO 3166-2 code."""

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=160)
    name_ur = models.CharField(max_length=160, blank=True, default="")
    country = models.CharField(max_length=2)
    tile = models.CharField(max_length=5, blank=True, default="")
    """Place on the tile map, `column,row` from 1; empty: it has none."""

    def __str__(self) -> str:
        return self.name


class Team(Filed):
    """A CERT. Exactly one leads on each asset; the rest support."""

    class Tier(models.TextChoices):
        """Place in the structure."""

        NATIONAL = "national"
        GOVERNMENT = "government"
        CII = "cii"
        SECTORAL = "sectoral"
        PROVINCIAL = "provincial"
        ORGANISATIONAL = "organisational"
        COMMUNITY = "community"

    class Status(models.TextChoices):
        """Only an active team is routed to; the rest are shown as gaps."""

        ACTIVE = "active"
        DEFINED = "defined"
        RECOMMENDED = "recommended"
        PLANNED = "planned"
        GAP = "gap"
        DISSOLVED = "dissolved"

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    name_ur = models.CharField(max_length=160, blank=True, default="")
    tier = models.CharField(max_length=16, choices=Tier.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    reachable = models.BooleanField(default=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)
    sector = models.ForeignKey(
        Sector, models.SET_NULL, null=True, blank=True, related_name="sector_teams"
    )
    territory = models.ForeignKey(Territory, models.SET_NULL, null=True, blank=True)
    host = models.ForeignKey(
        "mandate.Organisation", models.SET_NULL, null=True, blank=True, related_name="hosts_teams"
    )
    restricted = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Organisation(Filed):
    """A legal body that holds assets: ministry, bank, ISP, school."""

    class Standing(models.TextChoices):
        """`proposed` came from a registry and waits for a person's review."""

        CONFIRMED = "confirmed"
        PROPOSED = "proposed"
        DISSOLVED = "dissolved"

    class Grade(models.TextChoices):
        """Critical information infrastructure grade."""

        A = "A"
        B = "B"
        C = "C"
        NONE = "none"

    slug = models.SlugField(max_length=96, unique=True)
    name = models.CharField(max_length=240)
    name_ur = models.CharField(max_length=240, blank=True, default="")
    role = models.CharField(max_length=64, blank=True, default="")
    """What a body of the state is: regulator, investigator, tribunal; empty for holders."""
    sector = models.ForeignKey(Sector, models.SET_NULL, null=True, blank=True)
    territory = models.ForeignKey(Territory, models.SET_NULL, null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, default="")
    is_public = models.BooleanField(null=True)
    """True: of the state; False: private; null: not known."""
    cii_grade = models.CharField(max_length=4, choices=Grade.choices, default=Grade.NONE)
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.CONFIRMED)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes accounts; `pehra.mandate.actions.open_account` is the verb that records it."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The account of a mail address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Powers come from the offices held, never from the account."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=160, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    """Kept for libraries that ask; Pehra itself never does."""
    date_joined = models.DateTimeField(null=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email


class Office(Filed):
    """What holds power: a post in a team or an organisation."""

    slug = models.SlugField(max_length=96, unique=True)
    name = models.CharField(max_length=160)
    role = models.CharField(max_length=32)
    """Role of rules section 4: NC, SUP, DIR, SC, ENT, ENH, LEG, ISP, AUD, OBS."""
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True)
    organisation = models.ForeignKey(Organisation, models.SET_NULL, null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Tenure(Dated):
    """A person holds an office for a period; checked when read, so no job has to end it."""

    office = models.ForeignKey(Office, models.CASCADE)
    person = models.ForeignKey(User, models.CASCADE)

    def __str__(self) -> str:
        return f"{self.person} as {self.office}"


class Ground(Filed):
    """A section of an instrument of law, in force between dates, and who may act on it."""

    slug = models.SlugField(max_length=64)
    instrument = models.CharField(max_length=200)
    section = models.CharField(max_length=64, blank=True, default="")
    ordered_by = models.ForeignKey(Organisation, models.SET_NULL, null=True, blank=True)
    """Who may order on it; null: whoever holds the power."""
    acts = models.JSONField(default=list, blank=True)
    """What it can be the ground of, such as `address-look-up`."""
    longest_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """How long what rests on it may last; null: it says nothing of it."""
    decided_by = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.instrument} {self.section}".strip()


class Clock(Filed):
    """A deadline by kind, severity and whom it binds; organisation beats sector beats nation."""

    kind = models.CharField(max_length=48)
    """What must be done in time: `fix`, `early-warning`, `notification`, `final`."""
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    """`kernel.labels.Severity`; null: any."""
    sector = models.ForeignKey(Sector, models.CASCADE, null=True, blank=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True)
    category = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of a case: 1 to 6, for C1 to C6; null: any."""
    hours = models.PositiveIntegerField()
    minutes = models.PositiveSmallIntegerField(default=0)
    decided_by = models.CharField(max_length=200, blank=True, default="")
    """Office and account that put this version in place by hand; empty: a structure file did."""

    def __str__(self) -> str:
        return f"{self.kind} {self.hours} h"


class Power(Filed):
    """What the offices of a role may do; `pehra.mandate.powers` decides by these rows."""

    act = models.CharField(max_length=48)
    """What is done, such as `send-notice`."""
    role = models.CharField(max_length=32)
    does = models.CharField(max_length=12, default="may")
    """What the role does about it: `may`, `approve`, `verify`, `read` and others."""
    tier = models.CharField(max_length=16, blank=True, default="")
    """Tier of the office's team; empty: any, or none."""
    decided_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("act", "role", "does", "valid_from"), name="power_stated_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.does} {self.act}"


class BrokenGlass(models.Model):
    """A power that an office took for some hours without holding it; another person reviews it."""

    class Verdict(models.TextChoices):
        """What the reviewer says."""

        CONFIRMED = "confirmed"
        OBJECTED = "objected"

    office = models.ForeignKey(Office, models.PROTECT)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    taken_by = models.CharField(max_length=254)  # the person's account, or the operator
    act = models.CharField(max_length=48)
    does = models.CharField(max_length=12)
    reason = models.TextField()
    taken_at = models.DateTimeField()
    until = models.DateTimeField()
    review_by = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True, default="")
    reviewer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    remark = models.TextField(blank=True, default="")

    class Meta:
        indexes = (models.Index(fields=("verdict", "review_by"), name="glass_to_review"),)

    def __str__(self) -> str:
        return f"{self.office} took {self.act}"


class Holiday(Filed):
    """A day on which offices are closed: each week, each year, or once."""

    slug = models.SlugField(max_length=64)
    day = models.CharField(max_length=10)
    """`sunday`, `08-14` in every year, or `2027-03-10`; see `pehra.mandate.calendar`."""
    name = models.CharField(max_length=160)
    name_ur = models.CharField(max_length=160, blank=True, default="")
    territory = models.ForeignKey(Territory, models.CASCADE, null=True, blank=True)
    """Where; null: in the whole nation."""

    def __str__(self) -> str:
        return f"{self.name} ({self.day})"


def _own_keys(viewer: Viewer) -> models.Q:
    return models.Q(team__in=viewer.teams) | models.Q(organisation__in=viewer.organisations)


class ApiKey(models.Model):
    """A key of an organisation or a team; the secret itself is kept nowhere."""

    name = models.CharField(max_length=12, unique=True)
    """The public part, hexadecimal."""
    digest = models.BinaryField(max_length=32)
    label = models.CharField(max_length=80)
    """What it is for, in its giver's words."""
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, blank=True)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True)
    scopes = models.JSONField()
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=254)
    expires = models.DateField()
    """First day on which it opens nothing."""
    last_used = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = TenantManager["ApiKey"](_own_keys, held())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="an_api_key_has_one_owner",
                condition=models.Q(organisation__isnull=True) ^ models.Q(team__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.label}".strip()


def _own_team(viewer: Viewer) -> models.Q:
    return models.Q(team__in=viewer.teams)


class Shift(models.Model):
    """A person of a team is on duty or on call, from one moment to another."""

    team = models.ForeignKey(Team, models.CASCADE)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    role = models.CharField(max_length=8)  # `roster.rules.Duty`
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    was = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """Whose it is by the plan, where a colleague took it."""

    objects = TenantManager["Shift"](_own_team, held(organisation=""))

    class Meta:
        indexes = (models.Index(fields=("team", "ends"), name="shift_of_team"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="shift_ends", condition=models.Q(ends__gt=models.F("starts"))
            ),
            models.UniqueConstraint(fields=("team", "person", "role", "starts"), name="shift_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.team_id}"


class Handover(models.Model):
    """What one shift of a team hands to the next, signed by both."""

    team = models.ForeignKey(Team, models.CASCADE)
    since = models.DateTimeField()
    until = models.DateTimeField()
    notes = models.TextField(blank=True, default="")
    counts = models.JSONField()
    """What was open, what became due and what was decided, as counted then."""
    given_by = models.CharField(max_length=254)
    given_at = models.DateTimeField()
    taken_by = models.CharField(max_length=254, blank=True, default="")
    taken_at = models.DateTimeField(null=True)

    objects = TenantManager["Handover"](_own_team, held(organisation=""))

    class Meta:
        indexes = (models.Index(fields=("team", "id"), name="handover_of_team"),)

    def __str__(self) -> str:
        return f"hand-over {self.pk} of {self.team_id}"
