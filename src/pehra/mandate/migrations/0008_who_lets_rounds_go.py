from typing import Any

from django.db import migrations

from pehra.kernel.time import clock
from pehra.mandate.structure import digest_of

ROWS = (("NC", "may"), ("SUP", "approve"), ("DIR", "approve"))
"""Those who let rounds go until now under `handle-reports` do it under `send-notice` from today."""
SOURCE = "Who let rounds of notices go before that was a power of its own"


def keep(apps: Any, schema_editor: Any) -> None:  # noqa: ANN401 Django's own signature
    """Give a home that has powers the rows that it lacks, from the day of its upgrade on."""
    del schema_editor
    Power = apps.get_model("mandate", "Power")
    if not Power.objects.filter(act="handle-reports").exists():
        return
    for role, does in ROWS:
        if Power.objects.filter(act="send-notice", role=role, does=does).exists():
            continue
        facts = {
            "act": "send-notice",
            "role": role,
            "does": does,
            "tier": "national",
            "valid_from": clock().date(),
            "valid_to": None,
            "source": SOURCE,
            "unconfirmed": True,
            "note": "",
        }
        Power.objects.create(**facts, filed=digest_of(facts))


class Migration(migrations.Migration):
    dependencies = [
        ("mandate", "0007_roster"),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
