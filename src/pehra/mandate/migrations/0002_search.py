"""Names of organisations, folded, for the search: FTS5 on SQLite, a trigram index on PostgreSQL.

The folding is that of `pehra.kernel.words`, which a test holds the databases to. The text follows
its organisation by triggers (SQLite) or is a generated column (PostgreSQL): names change in few
acts and few rows, and nothing can forget to keep it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import migrations

from pehra.kernel.words import GONE, SAME

if TYPE_CHECKING:
    from collections.abc import Callable

NAMED = ("name", "name_ur", "slug")
DEEPEST = 12


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _folded(row: str) -> str:
    """SQLite knows no `translate`: one call for each letter, in steps that its parser can hold."""
    text = "lower(" + " || ' ' || ".join(f"{row}.{column}" for column in NAMED) + ")"
    letters = list((SAME | dict.fromkeys(GONE, "")).items())
    steps = [f"s0 AS (SELECT {text} AS t)"]
    for number, start in enumerate(range(0, len(letters), DEEPEST)):
        text = "t"
        for old, new in letters[start : start + DEEPEST]:
            text = f"replace({text}, {_quoted(old)}, {_quoted(new)})"
        steps.append(f"s{number + 1} AS (SELECT {text} AS t FROM s{number})")
    return f"(WITH {', '.join(steps)} SELECT t FROM s{len(steps) - 1})"


def _sqlite(execute: Callable[[str], Any]) -> None:
    folded = _folded("new")
    execute("CREATE VIRTUAL TABLE mandate_organisation_text USING fts5(text, tokenize='trigram')")
    execute(
        "INSERT INTO mandate_organisation_text (rowid, text)"
        f" SELECT new.id, {folded} FROM mandate_organisation AS new"
    )
    gone = "DELETE FROM mandate_organisation_text WHERE rowid = old.id;"
    come = f"INSERT INTO mandate_organisation_text (rowid, text) VALUES (new.id, {folded});"
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in NAMED)
    execute(
        "CREATE TRIGGER mandate_organisation_named AFTER INSERT ON mandate_organisation"
        f" BEGIN {come} END"
    )
    execute(
        "CREATE TRIGGER mandate_organisation_renamed AFTER UPDATE ON mandate_organisation"
        f" WHEN {changed} BEGIN {gone} {come} END"
    )
    execute(
        "CREATE TRIGGER mandate_organisation_gone AFTER DELETE ON mandate_organisation"
        f" BEGIN {gone} END"
    )


def _postgresql(execute: Callable[[str], Any]) -> None:
    come, go = "".join(SAME), "".join(SAME.values())
    text = "lower(" + " || ' ' || ".join(NAMED) + ")"
    execute(
        "ALTER TABLE mandate_organisation ADD COLUMN text_folded text"
        f" GENERATED ALWAYS AS (translate({text}, {_quoted(come + GONE)}, {_quoted(go)})) STORED"
    )
    # The extension comes with PostgreSQL and may be made by a database's owner. Without it the
    # search reads every name, which is slower and finds the same.
    execute(
        "DO $$ BEGIN"
        " CREATE EXTENSION IF NOT EXISTS pg_trgm;"
        " CREATE INDEX mandate_organisation_text ON mandate_organisation"
        " USING gin (text_folded gin_trgm_ops);"
        " EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported"
        " THEN NULL; END $$"
    )


def forwards(apps: Any, editor: Any) -> None:
    make = {"sqlite": _sqlite, "postgresql": _postgresql}[editor.connection.vendor]
    with editor.connection.cursor() as cursor:
        make(cursor.execute)


def backwards(apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE mandate_organisation DROP COLUMN text_folded")
            return
        for name in ("named", "renamed", "gone"):
            cursor.execute(f"DROP TRIGGER mandate_organisation_{name}")
        cursor.execute("DROP TABLE mandate_organisation_text")


class Migration(migrations.Migration):
    dependencies = [("mandate", "0001_first")]

    operations = [migrations.RunPython(forwards, backwards)]
