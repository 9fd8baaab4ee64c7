"""The kept file of a batch, as its reader wants it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pehra.engines.blobs import files as blobs
from pehra.intake.source import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.intake.actions import Received
    from pehra.kernel.settings import Home


@contextmanager
def delivery(home: Home, batch: Received) -> Iterator[Delivery]:
    """The kept file of a batch for the length of a `with`, as of when its bytes came."""
    with blobs.opened(home, batch.sha256) as path:
        yield Delivery(
            path=path,
            file_name=batch.file_name,
            received_at=batch.came_at or batch.received_at,
            options=batch.options,
            part_bytes=batch.part_bytes,
        )
