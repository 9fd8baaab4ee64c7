"""Who decides on what people without an account report, and until when one of them looks."""

from typing import Any

from django.db import migrations

from pehra.mandate.structure import digest_of


def keep(apps: Any, schema_editor: Any) -> None:
    """Give a home that has powers and clocks the rows that it lacks."""
    del schema_editor
    Power, Clock = apps.get_model("mandate", "Power"), apps.get_model("mandate", "Clock")
    dated: dict[str, Any] = {"valid_from": None, "valid_to": None, "unconfirmed": True, "note": ""}
    if Power.objects.exists():
        source = "Working rules of the national CERT, proposed"
        for role in ("SC", "NC", "SUP", "DIR"):
            facts: dict[str, Any] = {
                "act": "triage-reports",
                "role": role,
                "does": "may",
                "tier": "",
            }
            if not Power.objects.filter(**facts).exists():
                facts |= {**dated, "source": source}
                Power.objects.create(**facts, filed=digest_of(facts))
    if Clock.objects.exists() and not Clock.objects.filter(kind="report-triage").exists():
        facts = {"kind": "report-triage", "category": None, "hours": 24, "minutes": 0}
        facts |= {**dated, "severity": None, "source": "Proposed default"}
        named = {"sector": None, "organisation": None}
        Clock.objects.create(**facts, filed=digest_of({**facts, **named}))


class Migration(migrations.Migration):
    dependencies = [("mandate", "0011_who_keeps_evidence")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
