"""What differs between two editions, part by part, so that nothing changes unsaid."""

from __future__ import annotations

import msgspec

from pehra.outreach.advisories.rules import Text

_UNSAID = {"change", "change_ur", "identifiers", "tlp"}
PARTS = tuple(name for name in Text.__struct_fields__ if name not in _UNSAID)


def changed(old: Text, new: Text) -> tuple[str, ...]:
    """Names of the parts in which a reader finds something else, in the order of the page."""
    before, after = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    return tuple(name for name in PARTS if before[name] != after[name])
