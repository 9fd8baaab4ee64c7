"""`pehra jobs`: what is queued, what runs, what failed and why; end what should not be done."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import UsageError

app = typer.Typer(invoke_without_command=True, help="Queued and finished work.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]


@app.callback()
def default(context: typer.Context, *, as_json: Json = False) -> None:
    """Queued and finished work; without a command: the list."""
    if context.invoked_subcommand is None:
        jobs_list(as_json=as_json)


@app.command("list")
def jobs_list(
    *,
    state: Annotated[str, typer.Option(help="queued, running, done, failed or cancelled.")] = "",
    kind: Annotated[str, typer.Option(help="Such as findings.ingest.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most jobs.")] = 20,
    as_json: Json = False,
) -> None:
    """List jobs from the newest, with how many stand in each state."""
    door.open_home()
    from pehra.jobs import queries

    counts = queries.counts()
    if state and state not in counts:
        message = f"There is no state {state!r}."
        raise UsageError(message, mend=f"One of {', '.join(counts)}.")
    found = queries.jobs(state=state, kind=kind, limit=limit)
    if as_json:
        schedules = queries.schedules()
        door.say(as_json, {"jobs": found, "counts": counts, "schedules": schedules})
        return
    rows = [
        (job.id, job.kind, job.state, f"{job.done}/{job.total}", job.attempts, job.error[:60])
        for job in found
    ]
    door.table("Jobs", ("id", "kind", "state", "done", "attempts", "error"), rows)
    door.note(", ".join(f"{count} {name}" for name, count in counts.items()))


@app.command()
def show(job_id: Annotated[int, typer.Argument(min=1)], *, as_json: Json = False) -> None:
    """Show all that is known of one job."""
    door.open_home()
    from pehra.jobs import queries

    job = queries.job(job_id)
    if job is None:
        message = f"There is no job {job_id}."
        raise UsageError(message, mend="See `pehra jobs list`.")
    columns = msgspec.to_builtins(job)
    door.say(as_json, job, [f"{name}\t{value}" for name, value in columns.items()])


@app.command()
def cancel(job_id: Annotated[int, typer.Argument(min=1)], *, as_json: Json = False) -> None:
    """End a job that waits or runs; a running one stops at its next sign of progress."""
    door.open_home()
    from pehra.jobs import actions
    from pehra.kernel.time import clock

    actions.cancel(job_id, actor=door.operator(), now=clock())
    door.say(as_json, {"id": job_id, "state": "cancelled"}, [f"Job {job_id} is cancelled."])
