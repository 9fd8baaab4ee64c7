"""A home of its own for the whole test run, on SQLite or on the PostgreSQL that is named."""

from __future__ import annotations

import os
import tempfile

os.environ["PEHRA_HOME"] = tempfile.mkdtemp(prefix="pehra-test-home-")
if "PEHRA_TEST_DATABASE_URL" in os.environ:
    os.environ["PEHRA_DATABASE_URL"] = os.environ["PEHRA_TEST_DATABASE_URL"]
else:
    os.environ.pop("PEHRA_DATABASE_URL", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pehra.web.settings")
