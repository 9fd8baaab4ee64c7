"""What every command does at the door: find the home, set Django up, say the result."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.actors import Actor
from pehra.kernel.errors import EnvironmentFault, Refused
from pehra.kernel.settings import Home, home_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def open_home(*, must_exist: bool = True) -> Home:
    """Find the home and make Django ready to read its rows.

    Raises:
        EnvironmentFault: there is no home here.
        Refused: its tables are of a newer Pehra.
    """
    home = home_path()
    if must_exist and not home.exists:
        message = f"There is no home at {home.root}."
        raise EnvironmentFault(message, mend="Run `pehra init`, or set PEHRA_HOME.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pehra.web.settings")
    import django  # noqa: TID251 a door sets Django up, and knows it no further

    from pehra.kernel import log

    log.set_up("WARNING")
    django.setup()
    if home.exists:
        _refuse_newer(home)
    return home


def _refuse_newer(home: Home) -> None:
    """A downgrade would write rows that the newer version misreads, so nothing is done at all."""
    from django.apps import apps  # noqa: TID251 see `open_home`
    from django.db import DatabaseError, connection  # noqa: TID251 see `open_home`
    from django.db.migrations.recorder import MigrationRecorder  # noqa: TID251 see `open_home`

    # Names of files, not Django's loader: this is asked by every command, and must cost nothing.
    ours = {one.label: Path(one.path) for one in apps.get_app_configs() if _is_ours(one.name)}
    try:
        applied = sorted(MigrationRecorder(connection).applied_migrations())
    except DatabaseError:
        return  # no tables yet, or away: whoever needs them says so
    newer = [
        f"{room}.{name}"
        for room, name in applied
        if room in ours and not (ours[room] / "migrations" / f"{name}.py").is_file()
    ]
    if newer:
        message = f"The home {home.root} was brought to a newer Pehra: {', '.join(newer[:3])}."
        mend = (
            f"Run that version, or go back: `pehra restore` the backup that its upgrade left in"
            f" {home.root / 'backups'}."
        )
        raise Refused(message, mend=mend)


def _is_ours(name: str) -> bool:
    return name.startswith("pehra.")


def migrate(home: Home) -> None:
    """Bring the database to this version's tables.

    Raises:
        EnvironmentFault: it does not answer.
    """
    from django.core.management import call_command  # noqa: TID251 see `open_home`
    from django.db import DatabaseError  # noqa: TID251 see `open_home`

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise _away(home, error) from None


def database(home: Home) -> tuple[str, int]:
    """Name of the database engine, and how many migrations are waiting."""
    from django.db import DatabaseError, connection  # noqa: TID251 see `open_home`
    from django.db.migrations.executor import MigrationExecutor  # noqa: TID251 see `open_home`

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise _away(home, error) from None
    return connection.vendor, len(plan)


def is_empty() -> bool:
    """Whether the database has no tables of ours yet."""
    from django.db import connection  # noqa: TID251 see `open_home`
    from django.db.migrations.recorder import MigrationRecorder  # noqa: TID251 see `open_home`

    return not MigrationRecorder(connection).applied_migrations()


def _away(home: Home, error: Exception) -> EnvironmentFault:
    message = f"The database of {home.root} does not answer: {str(error).strip()}."
    return EnvironmentFault(message, mend="Check `database.url` in pehra.toml.")


def operator() -> Actor:
    """The person at the terminal, by the name of the account that runs the command."""
    name = os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid-{os.getuid()}"
    return Actor(name=name, office="operator")


def say(as_json: bool, result: Any, text: Iterable[str] = ()) -> None:  # noqa: ANN401 any JSON
    """Print the result: as one line of JSON, or as lines for people."""
    lines = [msgspec.json.encode(result).decode()] if as_json else list(text)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def note(text: str) -> None:
    """Progress and remarks go to standard error, so that output can be piped."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show a table on a terminal, or tab-separated lines in a pipe."""
    if not sys.stdout.isatty():
        sys.stdout.write("\t".join(columns) + "\n")
        for row in rows:
            sys.stdout.write("\t".join(str(cell) for cell in row) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    shown = Table(*columns, title=title, title_justify="left")
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    Console().print(shown)
