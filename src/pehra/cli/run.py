"""`pehra run` and `pehra serve`: home, main job, pages and worker in one command."""

from __future__ import annotations

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pehra.cli import door, home
from pehra.kernel import settings
from pehra.kernel.errors import EnvironmentFault
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65_535, help="Port of the pages; default: of pehra.toml."),
]

run_app = typer.Typer()
serve_app = typer.Typer()
apps = {"run": run_app, "serve": serve_app}

_DEMO_ACCOUNT = "duty@pehra.example"
_STARTS_WITHIN = 60.0
_SERVER_LOG = files("pehra.cli") / "data" / "granian.json"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine itself, also where the environment names a proxy."""


@run_app.command()
def run(
    port: Port = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Take the shipped sample in, and make an account.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Do not go on to serve.")] = False,
    as_json: Json = False,
) -> None:
    """Create or upgrade the home, do the main job, then serve pages and work on what comes."""
    where = settings.home_path()
    made = home.prepare(where)
    if demo and made["new"]:
        _for_trial(where)
    said: dict[str, Any] = {name: made[name] for name in ("home", "backup") if name in made}
    done: dict[str, Any] = {**said, **(_demo(where) if demo else {})}
    if once or not as_json:
        door.say(as_json, done, (f"{name}: {value}" for name, value in done.items()))
    if not once:
        _serve(where, port, done if as_json else None, worker=True)


@serve_app.command()
def serve(port: Port = None, as_json: Json = False) -> None:
    """Serve the pages only; workers run elsewhere."""
    _serve(door.open_home(), port, {} if as_json else None, worker=False)


def _demo(where: Home) -> dict[str, Any]:
    """The main job on the shipped sample: register, reports, findings, what is gone."""
    from pehra.findings import jobs
    from pehra.findings.actions import closing
    from pehra.registry.actions.imports import import_register

    register = files("pehra.registry") / "data" / "sample.yaml"
    import_register(register.read_bytes(), "sample.yaml", actor=door.operator(), now=clock())
    desk = jobs.desk(where, clock())
    rows = {"rows": 0, "accepted": 0, "rejected": 0, "duplicates": 0, "attributed": 0}
    found = {"opened": 0, "updated": 0, "relapsed": 0}
    for report in sorted(Path(str(files("pehra.intake") / "sample")).glob("*.csv")):
        told = jobs.ingest("shadowserver", report, home=where, now=clock(), opened=desk)
        door.note(f"  {report.name}: {told.accepted} of {told.rows} rows")
        for name in rows:
            rows[name] += getattr(told, name)
        for name in found:
            found[name] += told.findings[name]
    gone = closing.close_covered(now=clock(), actor=door.operator(), progress=_quiet)
    return {**rows, "findings": found, "gone": gone, **_account(where)}


_TRIAL = """\
[web]
second_factor = "offered" # a trial on sample data; take this line away for real work
"""


def _for_trial(where: Home) -> None:
    """Let the demo's officer in by password alone, in a home that the demo itself has made."""
    with where.settings_file.open("a") as file:
        file.write(_TRIAL)


def _quiet(done: int, total: int) -> None:
    del done, total


def _account(where: Home) -> dict[str, str]:
    """An account for the demo's duty officer; its password is made once and kept in `keys/`."""
    from pehra.mandate import actions as mandate

    note = where.keys / "demo-account"
    if not note.exists():
        password = secrets.token_urlsafe(12)
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(password)
        new = mandate.NewAccount(
            email=_DEMO_ACCOUNT,
            password=password,
            name="Duty officer",
            office="ncert-duty-officer",
        )
        mandate.open_account(new, actor=door.operator(), now=clock())
    return {"sign in as": _DEMO_ACCOUNT, "password": note.read_text()}


def _free(host: str, port: int) -> bool:
    """Whether every address that `host` stands for lets us listen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        message = f"`web.host` is {host}, which has no address here: {error.strerror}."
        raise EnvironmentFault(message, mend="Name an address of this machine.") from None
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                message = f"Cannot listen on port {port} of {host}: {error.strerror}."
                mend = "Set `web.host` and `web.port` in pehra.toml."
                raise EnvironmentFault(message, mend=mend) from None
    return True


def _url(host: str, port: int) -> str:
    """Address of the site; an IPv6 address stands in brackets (RFC 3986, section 3.2.2)."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _serve(where: Home, port: int | None, told: dict[str, Any] | None, *, worker: bool) -> None:
    """Serve until a signal comes; `told` is what a machine wants to know beside the address."""
    web = settings.load(where).web
    chosen = port or web.port
    if not _free(web.host, chosen):
        message = f"Port {chosen} of {web.host} is taken."
        raise EnvironmentFault(message, mend="Choose another with `--port`.")
    children = [_start_site(web.host, chosen, web.processes)]
    try:
        _wait_for(web, chosen, children[0])
        if worker:
            children.append(subprocess.Popen([sys.executable, "-m", "pehra.cli.main", "work"]))
        url = _url(web.host, chosen)
        door.say(told is not None, {**(told or {}), "url": url}, [url])
        _watch(children)
    finally:
        _stop(children)


def _start_site(host: str, port: int, processes: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port",
        str(port), "--workers", str(processes), "--workers-lifetime", "21600", "--no-ws",
        "--log-level", "warning", "--log-config", str(_SERVER_LOG), "pehra.web.wsgi:application",
    ]  # fmt: skip
    environment = {**os.environ, "PEHRA_HOME": str(settings.home_path().root)}
    return subprocess.Popen(command, env=environment, stdout=sys.stderr)  # noqa: S603 our own words


def _wait_for(web: settings.Web, port: int, site: subprocess.Popen[bytes]) -> None:
    """Return once the first page answers, whatever it says."""
    # What listens on all addresses is asked on loopback, under a name that the site knows.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 compared only
    name = next((one.lstrip(".") for one in web.hosts if one != "*"), "localhost")
    page = urllib.request.Request(  # noqa: S310 our own site
        f"{_url(host, port)}/accounts/login/", headers={"Host": name}
    )
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline:
        if site.poll() is not None:
            message = "The site stopped while it was starting."
            raise EnvironmentFault(message, mend="Its last lines above say why.")
        try:
            with _DIRECT.open(page, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    message = f"The site did not answer within {_STARTS_WITHIN:.0f} s."
    raise EnvironmentFault(message, mend="Look at its lines above.")


def _watch(children: list[subprocess.Popen[bytes]]) -> None:
    """Stay until a signal ends us, or a child ends by itself."""
    ended: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: ended.append(received))
    while not ended and all(child.poll() is None for child in children):
        time.sleep(0.2)
    if not ended:
        message = "The site or the worker stopped by itself."
        raise EnvironmentFault(message, mend="Its last lines above say why.")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
