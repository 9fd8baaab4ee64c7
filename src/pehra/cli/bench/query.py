"""What people wait for: a list page, and one address over seven days; also while a writer runs."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import polars_iptools as iptools

from pehra.cli.bench import apart
from pehra.cli.bench.measure import peak_rss_mib, percentiles
from pehra.cli.bench.pipeline import SOURCE
from pehra.kernel.actors import SYSTEM
from pehra.kernel.addresses import pack, sort_key
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pehra.cli.bench.pipeline import Reports
    from pehra.cli.bench.stage import Stage
    from pehra.engines.lake.delta import Lake

_WEEK = timedelta(days=7)
_PAGES = {
    "list_page": "/findings/",
    "filtered_page": "/findings/?identifier=open-telnet&severity=high",
}
_OFFICER = "bench@example.org"


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Step: ask each question `times` times.

    Args:
        options: `times`; `addresses`, texts.
    """
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.observations.store import open_lake

    lake = open_lake(home.lake)
    packed = [pack(text) for text in options["addresses"]]
    lake.scan().select(pl.len()).collect()
    seconds, seen = _addresses(lake, packed)
    pages = _pages(int(options["times"]))
    return {
        "address_7_days": {**percentiles(seconds), "rows": seen},
        **pages,
        "peak_rss_mib": peak_rss_mib(),
    }


def _addresses(lake: Lake, packed: Sequence[bytes]) -> tuple[list[float], int]:
    since = (clock() - _WEEK).date()
    seconds, seen = [], 0
    for ip in packed:
        began = time.perf_counter()
        rows = lake.scan().filter(
            pl.col("received_day") >= since, pl.col("ip_key") == sort_key(ip), pl.col("ip") == ip
        )
        seen += rows.collect().height
        seconds.append(time.perf_counter() - began)
    return seconds, seen


def _pages(times: int) -> dict[str, Any]:
    """The site's own answers to a signed-in duty officer, without a network in between."""
    from django.conf import settings  # noqa: TID251 the site of a throwaway home
    from django.test import Client  # noqa: TID251 the site is asked as a browser would ask it

    settings.SECOND_FACTOR = "offered"  # its officer has no telephone
    client = Client(headers={"host": "localhost"})
    client.force_login(_officer())
    return {name: percentiles(_asked(client.get, path, times)) for name, path in _PAGES.items()}


def _asked(get: Callable[[str], Any], path: str, times: int) -> list[float]:
    seconds = []
    for number in range(times + 1):
        began = time.perf_counter()
        answer = get(path)
        if answer.status_code != 200:  # noqa: PLR2004 RFC 9110
            message = f"{path} answered {answer.status_code}"
            raise AssertionError(message)
        if number:  # the first one loads templates
            seconds.append(time.perf_counter() - began)
    return seconds


def _officer() -> Any:  # noqa: ANN401 a row of mandate's, which doors do not name
    from django.contrib.auth import get_user_model  # noqa: TID251 the officer of an earlier run

    from pehra.mandate.actions import NewAccount, open_account

    found = get_user_model().objects.filter(email=_OFFICER).first()
    new = NewAccount(email=_OFFICER, office="ncert-duty-officer")
    return found or open_account(new, actor=SYSTEM, now=clock())


def write(options: dict[str, Any]) -> dict[str, Any]:
    """Step: take in the files of `folder` one after the other, until there is a file `stop`."""
    from pehra.cli.door import open_home

    home = open_home()
    from pehra.findings import jobs

    desk = jobs.desk(home, clock())
    stop = Path(options["stop"])
    batches = 0
    for path in sorted(Path(options["folder"]).rglob("*.csv")):
        if stop.exists():
            break
        jobs.ingest(SOURCE, path, home=home, now=clock(), opened=desk)
        batches += 1
    return {"batches": batches}


def run(
    stage: Stage, made: Reports, shape: Mapping[str, int], note: Callable[[str], None]
) -> dict[str, Any]:
    """Ask in quiet, then beside a writer.

    Args:
        stage: with the observations and findings that are asked about.
        made: for the writer's files.
        shape: `times` a question is asked; `files` for the writer, of `rows` each.
        note: progress.
    """
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, max(stage.wanted.known, 1), size=shape["times"]).astype(np.uint64)
    addresses = _texts(stage, pairs)
    options = {"times": shape["times"], "addresses": addresses}
    note("Questions in quiet")
    quiet = stage.run("query:measure", options)
    for _ in range(shape["files"]):
        made.make(shape["rows"], 0.0)
    note("Questions beside a writer")
    stop = made.folder / "stop"
    writer = stage.start("query:write", {"folder": str(made.folder), "stop": str(stop)})
    try:
        beside = stage.run("query:measure", options)
        still = writer.poll() is None
    finally:
        stop.touch()
        output, _ = writer.communicate()
    wrote = apart.answer("query:write", writer.returncode, output)
    return {
        "observations": stage.wanted.known,
        "findings": stage.wanted.known,
        "quiet": quiet,
        "beside_a_writer": {**beside, "writer": {**wrote, "to_the_end": still}},
    }


def _texts(stage: Stage, pairs: NDArray[np.uint64]) -> list[str]:
    address, _ = stage.over.places(pairs)
    column = pl.DataFrame({"ip": address}).select(iptools.numeric_to_ipv4("ip"))
    return column.to_series().to_list()
