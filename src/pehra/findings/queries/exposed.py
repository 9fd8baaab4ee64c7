"""How many assets have something open of some kinds: what an advisory is measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.findings.queries.wanted import UNRESOLVED, Filter, matching

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.mandate.viewers import Viewer


def exposed(identifiers: Iterable[str], names: Iterable[str], *, viewer: Viewer) -> int:
    """Different assets with an open finding.

    Args:
        identifiers: such as `open-telnet`.
        names: families and CVEs that a finding names.
        viewer: who counts.
    """
    wanted = [Filter(states=UNRESOLVED, identifier=one) for one in identifiers if one]
    wanted += [Filter(states=UNRESOLVED, what=one) for one in names if one]
    found: set[str] = set()
    for one in wanted:
        rows = matching(one, viewer).order_by()
        found.update(rows.values_list("asset", flat=True).distinct().iterator(chunk_size=10_000))
    return len(found)
