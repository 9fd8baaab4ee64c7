"""The command `pehra`. Commands are imported when they are called: `--help` must be instant."""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
import typer.core
import typer.main

from pehra import __version__
from pehra.cli.faults import fault_of, legible
from pehra.kernel.errors import PehraError

if TYPE_CHECKING:
    from typer._click.core import Command, Context

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "Create or upgrade the home, run the main job, serve page, API and worker."),
    "init": ("home", "Make the home directory: settings, keys, database, structure."),
    "status": ("home", "What is set up, and how much is in it."),
    "doctor": ("doctor", "What is wrong, and how to mend it."),
    "ingest": ("ingest", "Take in files of a source."),
    "fetch": ("sources", "Fetch what sources published."),
    "sources": ("sources", "Where reports come from, and how each source does: list, set."),
    "mailboxes": ("mailboxes", "Mail from which reports are taken: list, set, rules, read."),
    "batches": ("ingest", "Files as received, with their counts."),
    "rejects": ("ingest", "Rows that could not be read, with place and reason."),
    "replay": ("ingest", "Read a batch again from its kept file."),
    "networks": ("networks", "The address table: update, look up."),
    "structure": ("structure", "Teams, sectors, territories and clocks as data."),
    "registry": ("registry", "Who holds what: import, propose, export, show."),
    "accounts": ("accounts", "Accounts and the offices they hold."),
    "api": ("api", "The API: its description and operations."),
    "offices": ("offices", "What offices may do; break glass, and review it."),
    "roster": ("roster", "Who of a team is on duty and on call."),
    "observations": ("observations", "Query and export the dated facts."),
    "findings": ("findings", "Obligations with an owner and a clock: list, show, answer, close."),
    "notices": ("notices", "Messages to those who must act: plan, send, show, answer."),
    "cases": ("cases", "Incidents that people work on: list, show, import, playbooks."),
    "advisories": ("advisories", "Advisories to the public: list, show, export, prefix."),
    "reports": ("reports", "Situation reports as files: daily, weekly, monthly, open."),
    "dispatch": ("dispatch", "What leaves: list, show, switch sending on and off, resolve."),
    "ledger": ("ledger", "Verify, show and prove what was done."),
    "backup": ("backup", "One file with all of the home, while work goes on."),
    "restore": ("backup", "Make a home from a backup."),
    "upgrade": ("upgrade", "Bring a home to this version: backup, tables, seals, checks."),
    "keys": ("keys", "Secrets of the home: list, rotate, escrow, recover."),
    "prune": ("prune", "Cut and delete what is older than the rules allow."),
    "holds": ("prune", "Legal holds, which keep what would go: list, set, lift."),
    "work": ("work", "Run a worker."),
    "jobs": ("jobs", "Queued and finished work."),
    "serve": ("run", "Serve the pages only."),
    "demo": ("demo", "The house at work, as a story whose numbers are checked: day."),
    "bench": ("bench", "Measured figures, beside a peer in the same run."),
}
"""Command name -> module in `pehra.cli`, short help. The module's `apps[name]`, or else `app`."""


class Lazy(typer.core.TyperGroup):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """A stand-in that carries the help line; the real one comes by `resolve_command`."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return typer.core.TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """The command that is called, imported now."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if name is None or stand_in is None:
            return name, stand_in, rest
        module = importlib.import_module(f"pehra.cli.{COMMANDS[name][0]}")
        app = getattr(module, "apps", {}).get(name) or module.app
        command = typer.main.get_command(app)
        command.name = name
        return name, command, rest


app = typer.Typer(
    cls=Lazy,
    rich_markup_mode=None,
    help="Pehra, the watch: from reports about a nation's networks to verified outcomes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Pehra, the watch: from reports about a nation's networks to verified outcomes."""
    del version


def main() -> None:
    """Run the command line; an error of ours becomes one sentence and its exit code."""
    os.umask(0o077)  # what a home holds is for its owner, whatever makes the file
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except PehraError as error:
        raise SystemExit(_tell(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except Exception as error:
        fault = fault_of(error)
        if fault is not None:
            raise SystemExit(_tell(fault)) from None
        raise


def _tell(error: PehraError) -> int:
    """Say what is wrong, for machines too where they asked; returns the exit code."""
    if "--json" in sys.argv:
        import msgspec

        told = {"error": legible(error.message), "code": error.code, "mend": legible(error.mend)}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    sys.stderr.write(f"pehra: {legible(str(error))}\n")
    return error.exit_code


if __name__ == "__main__":
    main()
