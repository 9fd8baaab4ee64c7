"""Sources are fetched from a server here: what changed is taken in, what did not says so."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.engines.http.conftest import running

from pehra.findings import fetching, jobs
from pehra.findings.arrivals import By
from pehra.intake.fetching import actions, keys, queries
from pehra.intake.fetching.actions import Changes
from pehra.intake.models import Alarm, Batch, Coverage
from pehra.jobs.work import run_due
from pehra.kernel.actors import SYSTEM
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engines.http.conftest import Reply, Server
    from tests.findings.conftest import House

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIST = b"192.0.2.1\t3\n192.0.2.2\t3\n"


class Publisher:
    """A server with one list, as it says its version."""

    def __init__(self, server: Server, watch: House) -> None:
        self.server, self.watch = server, watch
        self.body, self.version = LIST, '"1"'
        server.replies["/list.txt"] = self.reply
        self.set(address=f"{server.url}/list.txt", enabled=True, every=DAY)

    def reply(self, headers: dict[str, str]) -> Reply:
        """The list, unless it is known."""
        if headers.get("if-none-match") == self.version:
            return 304, {"etag": self.version}, b""
        return 200, {"etag": self.version}, self.body

    def set(self, **changes: Any) -> None:  # noqa: ANN401 fields of a struct
        """Set something of the source."""
        actions.set_source("ipsum", Changes(**changes), actor=SYSTEM, now=self.watch.now)

    def fetch(self) -> dict[str, Any]:
        """Fetch the source now."""
        by = By(SYSTEM, self.watch.now, lambda *_: None)
        return fetching.summary(
            fetching.fetch_source("ipsum", jobs.fetch_round(self.watch.home, by))
        )

    def state(self) -> queries.SourceState:
        """How the source does."""
        states = queries.source_states(viewer=SYSTEM_VIEWER, now=self.watch.now)
        return next(one for one in states if one.slug == "ipsum")


@pytest.fixture
def publisher(watch: House) -> Iterator[Publisher]:
    """A publisher whose list is switched on."""
    (watch.home.root / "pehra.toml").write_text("[fetch]\nloopback = true\nsettle_seconds = 0\n")
    with running() as server:
        yield Publisher(server, watch)


def test_what_did_not_change_covers_the_day(publisher: Publisher) -> None:
    watch = publisher.watch
    first = publisher.fetch()
    assert (first["rows"], first["accepted"], first["unmodified"]) == (2, 2, 0)
    watch.now += timedelta(hours=1)
    assert (publisher.fetch()["files"], publisher.fetch()["unmodified"]) == (0, 1)
    for _ in range(2):
        watch.now += DAY
        told = publisher.fetch()
        assert (told["unmodified"], told["rows"], told["unchanged"]) == (1, 2, 2)
        assert publisher.fetch()["files"] == 0, "once a day"
    assert Coverage.objects.values("day").distinct().count() == 3
    assert publisher.state().last_success == watch.now
    publisher.body, publisher.version = LIST + b"192.0.2.3\t3\n", '"2"'
    told = publisher.fetch()
    assert (told["accepted"], told["unchanged"]) == (1, 2)


def test_a_server_that_is_away_is_the_sources_fault(publisher: Publisher) -> None:
    watch = publisher.watch
    publisher.server.say("/list.txt", b"", status=503, retry_after="7200")
    told = publisher.fetch()
    assert told["error"].endswith("answers 503. Try again later.")
    state = publisher.state()
    assert (state.failures, state.fault) == (1, told["error"])
    assert state.next_at == watch.now + timedelta(hours=2)
    assert queries.due(watch.now) == []
    publisher.server.replies["/list.txt"] = publisher.reply
    assert publisher.fetch()["accepted"] == 2
    assert (publisher.state().failures, publisher.state().fault) == (0, "")


def test_what_cannot_be_read_is_fetched_again(publisher: Publisher) -> None:
    publisher.body = b"<html>Sorry</html>"
    assert publisher.fetch()["error"]
    assert publisher.fetch()["unmodified"] == 0, "its version is not remembered"
    assert Alarm.objects.get().kind == "unreadable"


def test_a_key_is_in_no_row_and_no_entry(publisher: Publisher) -> None:
    watch, key = publisher.watch, "k3y-of-the-publisher"
    keys.keep(keys.of_source(watch.home, "ipsum"), key)
    publisher.set(address=f"{publisher.server.url}/{{secret}}/list.txt")
    publisher.server.say(f"/{key}/list.txt", b"", status=404)
    assert key not in publisher.fetch()["error"]
    publisher.server.say(f"/{key}/list.txt", LIST)
    assert publisher.fetch()["accepted"] == 2
    kept = repr([*Entry.objects.values(), *Batch.objects.values(), publisher.state()])
    assert key not in kept
    assert key not in repr(queries.known("ipsum", publisher.state().url))


def test_what_is_due_is_fetched_by_the_worker(publisher: Publisher) -> None:
    watch = publisher.watch
    jobs.collect({}, now=watch.now, progress=lambda *_: None)
    assert run_due(watch.now) >= 1
    assert Batch.objects.get().state == "applied"
    assert jobs.collect({}, now=watch.now, progress=lambda *_: None) == {"queued": 0}
    assert jobs.collect({}, now=watch.now + DAY, progress=lambda *_: None) == {"queued": 1}


def test_a_source_that_falls_silent_raises_an_alarm_until_it_comes(publisher: Publisher) -> None:
    watch = publisher.watch

    def silent() -> dict[str, Any] | None:
        return jobs.listen({}, now=watch.now, progress=lambda *_: None)

    assert silent() == {"silent": 0}
    publisher.fetch()
    watch.now += 3 * DAY
    assert silent() == {"silent": 0}
    watch.now += timedelta(hours=2)
    assert (silent(), silent()) == ({"silent": 1}, {"silent": 1})
    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.facts) == ("silent", {"hours": 74, "usual_hours": 24})
    publisher.fetch()
    assert silent() == {"silent": 0}
    assert Alarm.objects.get().state == "over"


def test_offline_asks_nobody(publisher: Publisher) -> None:
    (publisher.watch.home.root / "pehra.toml").write_text("[fetch]\noffline = true\n")
    jobs._settings.cache_clear()  # noqa: SLF001 as in a new process
    with pytest.raises(Refused, match="offline"):
        publisher.fetch()
    told = jobs.collect({}, now=publisher.watch.now, progress=lambda *_: None)
    assert told == {"queued": 0, "offline": True}
    assert publisher.server.asked == []


def test_a_watched_folder_is_emptied_into_the_house(publisher: Publisher) -> None:
    watch = publisher.watch
    drop = watch.home.root.parent / "drop"
    drop.mkdir()
    publisher.set(folder=str(drop))
    (drop / "list.txt").write_bytes(LIST)
    (drop / "none.txt").write_bytes(b"<html>")
    (drop / "coming.part").write_bytes(b"x")
    jobs.collect({}, now=watch.now, progress=lambda *_: None)
    by = By(SYSTEM, watch.now, lambda *_: None)
    told = fetching.summary(fetching.read_folder("ipsum", jobs.fetch_round(watch.home, by)))
    assert (told["files"], told["accepted"]) == (2, 2)
    assert told["error"]
    left = {str(path.relative_to(drop)) for path in drop.rglob("*") if path.is_file()}
    assert left == {
        "coming.part", "done/list.txt", "failed/none.txt", "failed/none.txt.why.txt",
    }  # fmt: skip
    with pytest.raises(UsageError, match="no watched folder"):
        fetching.read_folder("csv", jobs.fetch_round(watch.home, by))


def test_a_source_without_an_address_cannot_be_asked(watch: House) -> None:
    by = By(SYSTEM, watch.now, lambda *_: None)
    with pytest.raises(UsageError, match="no address"):
        fetching.fetch_source("csv", jobs.fetch_round(watch.home, by))
    assert not os.path.exists(watch.home.locks / "fetch-csv")  # noqa: PTH110 a question, no path
