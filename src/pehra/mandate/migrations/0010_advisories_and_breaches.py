from typing import Any

from django.db import migrations

from pehra.mandate.structure import digest_of

POWERS = (
    ("publish-advisories", "NC", "may"),
    ("publish-advisories", "SUP", "may"),
    ("publish-advisories", "DIR", "may"),
    ("publish-advisories", "NC", "verify"),
    ("publish-advisories", "SUP", "verify"),
    ("publish-advisories", "LEG", "check"),
    ("publish-advisories", "SUP", "check"),
    ("publish-advisories", "DIR", "check"),
    ("handle-breaches", "NC", "may"),
    ("handle-breaches", "SUP", "may"),
    ("handle-breaches", "DIR", "may"),
    ("handle-breaches", "LEG", "may"),
)
CLOCKS = (
    ("breach-processor", None, 24),
    ("advisory-flash", 4, 4),
    ("advisory-publish", 4, 24),
    ("advisory-publish", 3, 72),
    ("advisory-ack", 4, 24),
)
"""Kind, severity, hours."""
WORDS = {4: "critical", 3: "high", None: None}


def keep(apps: Any, schema_editor: Any) -> None:  # noqa: ANN401 Django's own signature
    """Give a home that has powers and clocks the rows that it lacks."""
    del schema_editor
    Power, Clock = apps.get_model("mandate", "Power"), apps.get_model("mandate", "Clock")
    dated: dict[str, Any] = {"valid_from": None, "valid_to": None, "unconfirmed": True, "note": ""}
    if Power.objects.exists():
        source = "Working rules of the national CERT, proposed"
        for act, role, does in POWERS:
            facts = {"act": act, "role": role, "does": does, "tier": "national", **dated}
            facts["source"] = source
            if not Power.objects.filter(act=act, role=role, does=does).exists():
                Power.objects.create(**facts, filed=digest_of(facts))
    if Clock.objects.exists():
        for kind, severity, hours in CLOCKS:
            facts = {"kind": kind, "severity": WORDS[severity], "hours": hours, **dated}
            facts |= {"source": "Proposed default", "sector": None, "organisation": None}
            if not Clock.objects.filter(kind=kind, severity=severity).exists():
                row = {**facts, "severity": severity}
                Clock.objects.create(**row, filed=digest_of(facts))


class Migration(migrations.Migration):
    dependencies = [
        ("mandate", "0009_categories_of_cases"),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
