"""`pehra keys`: what there is, a new data key, and the escrow by which lost keys come back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import deposit, door
from pehra.engines.sealed import ring
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.engines.sealed.shares import Share
    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Shares = Annotated[
    list[Path] | None, typer.Option("--share", help="File with a holder's share; repeat it.")
]
Phrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase.")
]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Secrets of the home: list, rotate, escrow."
)

_MEANING = {
    "data.key": "seals files and rejects",
    "django.key": "signs sessions",
    "evidence.key": "signs evidence that is handed over",
    "finding.key": "names findings",
    "ledger.key": "signs checkpoints of the ledger",
    "openpgp.key": "signs mail by OpenPGP",
    "relay.key": "logs in to the relay of mail",
    "smime.key": "signs mail by S/MIME",
    "webhook.key": "makes the keys by which webhooks are signed",
    "metrics.token": "lets others ask for /metrics",
    "demo-account": "password of the demo's account",
}


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Which keys there are, what for, and since when; never the keys themselves."""
    home = door.open_home()
    rows = [_told(home, path) for path in sorted(home.keys.rglob("*")) if path.is_file()]
    escrow = deposit.escrow_of(home)
    told = {
        "keys": rows,
        "data_keys": len(ring.ring(home).keys),
        "escrow": None
        if escrow is None
        else {"id": escrow.id, "needed": escrow.needed, "holders": escrow.holders},
    }
    if as_json:
        door.say(as_json, told)
        return
    door.table("Keys", ("key", "for", "since", "mode"), [tuple(row.values()) for row in rows])
    words = f"{escrow.needed} of {escrow.holders}, {escrow.id}" if escrow else "none"
    door.note(f"{told['data_keys']} data keys in the ring; escrow: {words}")


def _told(home: Home, path: Path) -> dict[str, Any]:
    name, info = str(path.relative_to(home.keys)), path.stat()
    since = datetime.fromtimestamp(info.st_mtime, tz=UTC)
    return {
        "key": name,
        "for": _MEANING.get(name, "asks a source or a mailbox"),
        "since": f"{since:%Y-%m-%d}",
        "mode": f"{info.st_mode & 0o777:04o}",
    }


@app.command()
def rotate(as_json: Json = False) -> None:
    """Put a new data key in use; a job seals what lies under the older ones anew.

    The older keys stay until nothing is sealed under them any more, and then go by themselves.
    """
    from pehra.intake import actions as intake

    home = door.open_home()
    key = ring.add(home)
    escrow = deposit.renew(home)
    job = intake.rotate(key.id.hex(), actor=door.operator(), now=clock())
    told = {"key": key.id.hex(), "job": job, "escrow": escrow.id if escrow else None}
    door.say(as_json, told, [f"The data key {key.id.hex()} is in use; job {job} seals anew."])


@app.command()
def escrow(
    *,
    needed: Annotated[int, typer.Option(min=2, help="Shares that bring the keys back.")],
    holders: Annotated[int, typer.Option(min=2, max=32, help="Shares to make.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="New folder, a file for each; else printed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make an escrow: any NEEDED of the HOLDERS bring lost keys back, fewer learn nothing.

    Give each share to one holder, on paper, and keep no copy. Shares of an escrow before open
    older backups only.
    """
    home = door.open_home()
    if out is not None and out.exists():
        message = f"There is something at {out} already."
        raise UsageError(message, mend="Name a new folder with `--out`.")
    from pehra.ledger import actions as ledger

    ring.ring(home)
    made = deposit.found_escrow(home, needed, holders)
    name = made[0].escrow
    facts = {"needed": needed, "holders": holders}
    ledger.record(
        "keys.escrow", actor=door.operator(), subject=f"escrow:{name}", facts=facts, now=clock()
    )
    told: dict[str, Any] = {"escrow": name, "needed": needed, "holders": holders}
    if out is None:
        told["shares"] = [share.text for share in made]
    else:
        told["files"] = _hand_out(made, out)
    lines = told.get("shares") or told["files"]
    door.say(as_json, told, [f"Escrow {name}: {needed} of {holders}.", *lines])


def _hand_out(made: list[Share], out: Path) -> list[str]:
    """A file for each holder."""
    files = []
    try:
        out.mkdir(mode=0o700, parents=True)
        for share in made:
            path = out / f"share-{share.number}.txt"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(f"{share.text}\n")
            files.append(str(path))
    except OSError as error:
        message = f"Cannot write {out}: {error.strerror}."
        raise EnvironmentFault(message, mend="Name another folder.") from None
    return files


@app.command()
def recover(
    *,
    share: Shares = None,
    passphrase_file: Phrase = None,
    sealed: Annotated[
        Path | None, typer.Option("--from", help="A keys.sealed of elsewhere; default: the home's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring lost keys back, by enough shares or the backup's passphrase.

    A key that is there already is never replaced.
    """
    home = door.open_home()
    lines = deposit.lines_of(share or [])
    inside = home.root / ("escrow" if lines else ".") / deposit.SEALED
    data = deposit.opened(sealed or inside, lines, deposit.phrase_of(passphrase_file))
    names = deposit.put_back(data, home.keys)
    from pehra.ledger import actions as ledger

    facts = {"keys": len(names)}
    ledger.record("keys.recover", actor=door.operator(), subject="home", facts=facts, now=clock())
    door.say(as_json, {"keys": names}, [f"{len(names)} keys are back: {', '.join(names)}."])


@app.command()
def mail(
    *,
    smime_file: Annotated[
        Path | None,
        typer.Option(
            "--smime-file", help="PEM of an authority's: the key, its certificate, the others."
        ),
    ] = None,
    renew: Annotated[bool, typer.Option(help="Make new keys in place of those there.")] = False,
    as_json: Json = False,
) -> None:
    """Make the keys by which mail is signed, and show what others need to verify it.

    Keys that are there stay, unless you renew them. Publish what it prints.
    """
    home = door.open_home()
    from pehra.cli import mailkeys

    made = mailkeys.make(home, smime_file, renew=renew, now=clock())
    told = mailkeys.told(home)
    if made:
        from pehra.ledger import actions as ledger

        facts = {"made": made, "openpgp": told["openpgp"], "smime": told["smime"]}
        ledger.record("keys.mail", actor=door.operator(), subject="home", facts=facts, now=clock())
    lines = [
        f"OpenPGP {told['openpgp']}",
        told["openpgp_certificate"],
        f"S/MIME  {told['smime']} (SHA-256)",
        told["smime_certificate"],
    ]
    door.say(as_json, {"made": made, **told}, lines)
