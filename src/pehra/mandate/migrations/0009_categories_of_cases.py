"""Clocks by the category of a case, in minutes too; and who may work on cases."""

from typing import Any

from django.db import migrations, models

from pehra.mandate.structure import digest_of

POWERS = (
    *(("work-cases", role) for role in ("SC", "NC", "SUP", "DIR")),
    *((act, role) for act in ("merge-cases", "move-grade") for role in ("SUP", "DIR")),
    ("close-cases", "DIR"),
)
CLOCKS = (
    ("case-triage", None, 4, 0),
    ("case-triage", 1, 0, 15),
    ("case-triage", 2, 0, 30),
    ("case-triage", 3, 4, 0),
    ("case-triage", 4, 24, 0),
    ("case-triage", 5, 24, 0),
    ("case-triage", 6, 72, 0),
    ("case-call", 1, 0, 30),
    ("case-call", 2, 1, 0),
    ("case-call", 3, 8, 0),
    ("case-grade", None, 2, 0),
    ("case-situation", 1, 2, 0),
    ("case-situation", 2, 6, 0),
    ("case-situation", 3, 24, 0),
    ("case-situation", 4, 168, 0),
    ("case-situation", 5, 168, 0),
    ("case-review", 1, 720, 0),
    ("case-review", 2, 720, 0),
    ("case-review", 3, 1440, 0),
)
"""Kind, category, hours, minutes."""


def keep(apps: Any, schema_editor: Any) -> None:
    """Give a home that has powers and clocks the rows that it lacks."""
    del schema_editor
    Power, Clock = apps.get_model("mandate", "Power"), apps.get_model("mandate", "Clock")
    dated: dict[str, Any] = {"valid_from": None, "valid_to": None, "unconfirmed": True, "note": ""}
    if Power.objects.exists():
        source = "Working rules of the national CERT, proposed"
        for act, role in POWERS:
            facts = {"act": act, "role": role, "does": "may", "tier": "", **dated, "source": source}
            if not Power.objects.filter(act=act, role=role, does="may").exists():
                Power.objects.create(**facts, filed=digest_of(facts))
    if Clock.objects.exists():
        for kind, category, hours, minutes in CLOCKS:
            facts = {"kind": kind, "category": category, "hours": hours, "minutes": minutes}
            facts |= {**dated, "severity": None, "source": "Proposed default"}
            named = {"sector": None, "organisation": None}
            if not Clock.objects.filter(kind=kind, category=category).exists():
                Clock.objects.create(**facts, filed=digest_of({**facts, **named}))


class Migration(migrations.Migration):
    dependencies = [("mandate", "0008_who_lets_rounds_go")]

    operations = [
        migrations.AddField(
            model_name="clock",
            name="category",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="clock",
            name="minutes",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
