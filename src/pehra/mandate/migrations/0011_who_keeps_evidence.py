"""Who keeps evidence, and its clocks, for homes that have powers and clocks already."""

from typing import Any

from django.db import migrations

from pehra.mandate.structure import digest_of

POWERS = (
    ("keep-evidence", "EVC", "may"),
    ("keep-evidence", "LEG", "read"),
    ("keep-evidence", "DIR", "read"),
    ("evidence-out", "NC", "record"),
    ("evidence-out", "SUP", "record"),
)
CLOCKS = (("evidence-paper", 24), ("evidence-retention", 26280))


def keep(apps: Any, schema_editor: Any) -> None:
    """Give a home that has powers and clocks the rows that it lacks."""
    del schema_editor
    Power, Clock = apps.get_model("mandate", "Power"), apps.get_model("mandate", "Clock")
    dated = {"valid_from": None, "valid_to": None, "unconfirmed": True, "note": ""}
    if Power.objects.exists():
        source = "Working rules of the national CERT, proposed"
        for act, role, does in POWERS:
            given: Any = {
                "act": act,
                "role": role,
                "does": does,
                "tier": "",
                **dated,
                "source": source,
            }
            if not Power.objects.filter(act=act, role=role, does=does).exists():
                Power.objects.create(**given, filed=digest_of(given))
    if Clock.objects.exists():
        for kind, hours in CLOCKS:
            facts: Any = {"kind": kind, "category": None, "hours": hours, "minutes": 0}
            facts |= {**dated, "severity": None, "source": "Proposed default"}
            named = {"sector": None, "organisation": None}
            if not Clock.objects.filter(kind=kind).exists():
                Clock.objects.create(**facts, filed=digest_of({**facts, **named}))


class Migration(migrations.Migration):
    dependencies = [("mandate", "0010_advisories_and_breaches")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
