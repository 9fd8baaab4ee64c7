"""Tables of the room `outreach`, a module for each subject."""

from __future__ import annotations

from pehra.outreach.models.advisory import (
    Advisory,
    Edition,
    Exposure,
    Review,
    Series,
    Subscriber,
    Told,
)

__all__ = ["Advisory", "Edition", "Exposure", "Review", "Series", "Subscriber", "Told"]
