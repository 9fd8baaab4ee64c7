"""`pehra ledger`: verify, show and sign the log of acts, and prove from it to outsiders.

`verify --file` and `verify --proof` need no home: they are for whoever holds an export and the
verifier key that was published.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pehra.ledger.audit import Verdict
    from pehra.ledger.body import Body
    from pehra.ledger.checkpoint import VerifierKey

app = typer.Typer(no_args_is_help=True, help="Verify, show and prove what was done.")

_NOTED_EVERY = 50_000
Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Key = Annotated[str, typer.Option("--key", help="Verifier key: name+id+key.")]
_FILE = {"exists": True, "dir_okay": False, "readable": True}


@app.command()
def verify(
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="An exported log, instead of the home's.", **_FILE)
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", help="A proof as `prove` gave it.", **_FILE)
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", help="A checkpoint that was kept elsewhere.", **_FILE),
    ] = None,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Check every entry, root and checkpoint; exit 0 only if all hold, and name the first bad."""
    notes = [path.read_bytes().decode(errors="replace") for path in checkpoint or ()]
    if proof is not None:
        _say_proof(proof, key, as_json=as_json)
        return
    start = time.monotonic()
    verdict = _of_file(file, notes, _given(key)) if file else _of_home(notes)
    result = {**msgspec.structs.asdict(verdict), "seconds": round(time.monotonic() - start, 3)}
    door.say(as_json, result, _verdict_lines(verdict))
    if not verdict.ok:
        raise typer.Exit(1)


@app.command()
def show(
    subject: Annotated[str, typer.Argument(help="Such as finding:12; none: the newest.")] = "",
    *,
    limit: Annotated[int, typer.Option(min=1, help="Most entries.")] = 20,
    as_json: Json = False,
) -> None:
    """Show entries, the newest first."""
    door.open_home()
    from pehra.ledger import queries

    found = queries.show(subject, limit=limit) if subject else queries.recent(limit=limit)
    if as_json:
        door.say(as_json, {"entries": found})
        return
    rows = [_cells(entry) for entry in found]
    door.table("Ledger", ("seq", "at", "act", "subject", "by", "facts"), rows)


@app.command()
def checkpoint(*, as_json: Json = False) -> None:
    """Sign the log as it stands and print the note: keep it outside the house."""
    home = door.open_home()
    from pehra.kernel.time import clock
    from pehra.ledger import actions, keys
    from pehra.ledger.checkpoint import parse

    key = keys.signing_key(home)
    note = actions.checkpoint(key, now=clock())
    tree = parse(note).tree
    result = {
        "size": tree.size,
        "root": tree.root.hex(),
        "origin": key.name,
        "key": str(key.verifier),
        "note": note,
    }
    door.say(as_json, result, note.splitlines())
    if not as_json:
        door.note(f"Verifier key: {key.verifier}")


@app.command()
def prove(
    seq: Annotated[int | None, typer.Argument(min=0, help="The entry to prove.")] = None,
    *,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="Prove that the log continues this checkpoint.", **_FILE),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print a proof as one JSON line, which an outsider checks with `ledger verify --proof`."""
    del as_json  # a proof is JSON in any case
    if (seq is None) == (since is None):
        message = "Give either an entry or --since."
        raise UsageError(message, mend="See `pehra ledger prove --help`.")
    home = door.open_home()
    from pehra.ledger import keys, queries

    key = keys.verifier_key(home)
    if key is None:
        message = "Nothing was signed yet."
        raise UsageError(message, mend="Run `pehra ledger checkpoint` first.")
    if since is not None:
        note = since.read_bytes().decode(errors="replace")
        door.say(True, queries.prove_consistency(note, key))
    elif seq is not None:
        door.say(True, queries.prove_inclusion(seq, key))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Written anew; the note goes to FILE.checkpoint.")],
    *,
    as_json: Json = False,
) -> None:
    """Write the log, one entry a line, with a fresh checkpoint of just those lines."""
    home = door.open_home()
    from pehra.kernel.time import clock
    from pehra.ledger import actions, keys, queries
    from pehra.ledger.checkpoint import parse

    key = keys.signing_key(home)
    note = actions.checkpoint(key, now=clock())
    size = parse(note).tree.size
    beside = file.with_name(f"{file.name}.checkpoint")
    try:
        with file.open("wb") as out:
            out.writelines(body + b"\n" for body in queries.exported(size))
        beside.write_bytes(note.encode())
    except OSError as error:
        message = f"Cannot write {error.filename}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name a file in a directory that you own.") from None
    result = {
        "file": str(file),
        "checkpoint": str(beside),
        "entries": size,
        "key": str(key.verifier),
    }
    door.say(as_json, result, [f"{size} entries in {file}, signed in {beside}.", str(key.verifier)])


def _given(key: str) -> VerifierKey:
    from pehra.ledger.checkpoint import VerifierKey

    if not key:
        message = "A file or a proof is checked with a key that you trust: give --key."
        raise UsageError(message, mend="The log's office publishes it; `ledger export` prints it.")
    return VerifierKey.parse(key)


def _say_proof(path: Path, key: str, *, as_json: bool) -> None:
    from pehra.ledger import proof

    size = proof.check(proof.read(path.read_bytes()), _given(key))
    door.say(as_json, {"ok": True, "size": size}, [f"The proof holds, in a log of {size}."])


def _of_home(notes: Sequence[str]) -> Verdict:
    home = door.open_home()
    from pehra.ledger import keys, queries

    return queries.verify(keys.verifier_key(home), kept=notes, progress=_progress)


def _of_file(path: Path, notes: Sequence[str], key: VerifierKey) -> Verdict:
    from pehra.ledger.audit import Audit, Signed

    beside = path.with_name(f"{path.name}.checkpoint")
    found = [beside.read_bytes().decode(errors="replace")] if beside.is_file() else []
    if not (found or notes):
        message = f"There is no checkpoint for {path}, so nothing can be proven."
        raise UsageError(message, mend=f"Put {beside.name} beside it, or give --checkpoint.")
    audit = Audit([Signed(note) for note in (*found, *notes)], key)
    with path.open("rb") as lines:
        for line in lines:
            if audit.failed or not audit.take_body(line.removesuffix(b"\n")):
                break
    return audit.close(None)


def _progress(done: int, total: int) -> None:
    if done % _NOTED_EVERY == 0 and sys.stderr.isatty():
        door.note(f"{done:,} of {total:,} entries hold")


def _verdict_lines(verdict: Verdict) -> list[str]:
    if not verdict.ok:
        where = "" if verdict.bad is None else f" First bad entry: {verdict.bad}."
        return [f"The ledger does NOT hold. {verdict.what}{where}"]
    return [
        f"The ledger holds: {verdict.size} entries, {verdict.checkpoints} checkpoints.",
        f"Root {verdict.root}",
    ]


def _cells(entry: Body) -> tuple[object, ...]:
    facts = msgspec.json.encode(entry.facts).decode()
    by = f"{entry.actor.name} ({entry.actor.office})"
    return entry.seq, entry.at, entry.act, entry.subject, by, facts
