"""`pehra sources bring`: an IntelMQ's feeds taken over, twice, and nothing of its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RUNTIME = """\
feodo-collector:
  module: intelmq.bots.collectors.http.collector_http
  parameters:
    destination_queues: {_default: [feodo-parser-queue]}
    http_url: https://feodotracker.abuse.ch/downloads/ipblocklist.csv
    http_password: s3cret
    name: Feodo
    rate_limit: 7200
feodo-again:
  module: intelmq.bots.collectors.http.collector_http
  parameters:
    destination_queues: {_default: [feodo-parser-queue]}
    http_url: https://feodotracker.abuse.ch/downloads/ipblocklist.json?key=s3cret
    rate_limit: 3600
feodo-parser:
  module: intelmq.bots.parsers.abusech.parser_feodotracker
shadow-collector:
  module: intelmq.bots.collectors.file.collector_file
  parameters: {destination_queues: shadow-parser-queue, path: /srv/reports/}
shadow-second:
  module: intelmq.bots.collectors.file.collector_file
  parameters: {destination_queues: shadow-parser-queue, path: /srv/more}
shadow-parser:
  module: intelmq.bots.parsers.shadowserver.parser
rt-collector:
  module: intelmq.bots.collectors.rt.collector_rt
  parameters: {destination_queues: shadow-parser-queue, password: s3cret}
"""


def test_feeds_are_taken_over_and_the_rest_is_named(
    pehra: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "runtime.yaml"
    path.write_text(RUNTIME)
    assert pehra("init").code == 0
    tried = pehra("sources", "bring", path, "--dry-run", "--json")
    assert (tried.code, tried.said["changed"], tried.said["dry_run"]) == (1, 3, True)
    assert not any(row["enabled"] for row in pehra("sources", "--json").said["sources"])
    told = pehra("sources", "bring", path, "--json")
    rows = [(one["bot"], one["outcome"], one["source"]) for one in told.said["bots"]]
    assert (told.code, rows) == (1, [
        ("feodo-collector", "changed", "feodo"),
        ("feodo-again", "changed", "feodo"),
        ("shadow-collector", "changed", "shadowserver"),
        ("shadow-second", "left", ""),
        ("rt-collector", "left", ""),
    ])  # fmt: skip
    known = {row["slug"]: row for row in pehra("sources", "--json").said["sources"]}
    assert (known["feodo"]["enabled"], known["feodo"]["every_seconds"]) == (True, 3600)
    assert (known["shadowserver"]["enabled"], known["shadowserver"]["folder"]) == (
        True,
        "/srv/reports",
    )
    again = pehra("sources", "bring", path)
    assert "0 changed, 3 unchanged, 2 left" in again.out
    assert "s3cret" not in tried.out + told.out + told.err + again.out
    path.write_bytes(b"\xff")
    assert pehra("sources", "bring", path).code == 2
