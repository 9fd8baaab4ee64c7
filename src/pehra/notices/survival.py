"""How long something takes when it has not happened to all yet: Kaplan-Meier. Pure.

What is still open is censored: it counts as long as it was watched, and is not dropped. The
estimator is Kaplan and Meier's (1958); its variance is Greenwood's (1926) or, where findings of one
organisation go together, the infinitesimal jackknife summed by organisation, whichever is larger;
intervals of 95 % are on the log-log scale (Kalbfleisch and Prentice 1980), those of the median are
where the interval of the curve crosses one half (Brookmeyer and Crowley 1982). Shares without
censoring have Wilson's interval (1927).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Z = 1.959963984540054
"""Of a normal distribution: 95 % lie between minus and plus this."""
_FINEST = 200
"""Moments at which the interval is looked at for the median's own."""


class Share(msgspec.Struct, frozen=True):
    """A probability with its interval of 95 %."""

    value: float
    low: float
    high: float


class Length(msgspec.Struct, frozen=True):
    """A length of time in days with its interval; null: not reached, so longer than was watched."""

    value: float | None
    low: float | None
    high: float | None


class Curve(msgspec.Struct, frozen=True):
    """What is known of how long something takes.

    Attributes:
        watched: how many were watched.
        happened: to how many of them it happened.
        clusters: how many organisations they belong to.
        median: days until it had happened to half.
        days: by whole day from 0, the probability that it had happened by then; null from the day
            on which nobody was watched any more.
        at_risk: by the same days, how many were still watched and waited.
        deviations: by the same days, the standard error of the probability; null where unknown.
    """

    watched: int
    happened: int
    clusters: int
    median: Length
    days: tuple[Share | None, ...]
    at_risk: tuple[int, ...]
    deviations: tuple[float | None, ...]

    def by(self, day: int) -> Share | None:
        """The probability that it had happened by the end of a day."""
        return self.days[day] if day < len(self.days) else None


def wilson(hits: int, of: int) -> Share | None:
    """A share of counted things; None of none."""
    if of <= 0:
        return None
    part = hits / of
    spread = Z * math.sqrt(part * (1 - part) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    middle = part + Z * Z / (2 * of)
    # At none and at all the bound is exact, whatever the last bit of the arithmetic says.
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / scale)
    high = 1.0 if hits == of else min(1.0, (middle + spread) / scale)
    return Share(part, low, high)


class _Table(msgspec.Struct, frozen=True):
    """The estimate at each moment at which something happened, in order."""

    times: Floats
    at_risk: Ints
    events: Ints
    left: Floats
    """The probability that it has not happened by then."""
    hazard: Floats
    """Greenwood's sum: the variance of the logarithm of `left`."""


def _table(length: Floats, happened: NDArray[np.bool_]) -> _Table:
    ordered = np.sort(length)
    times, events = np.unique(length[happened], return_counts=True)
    at_risk = ordered.size - np.searchsorted(ordered, times, side="left")
    waiting = at_risk - events
    left = np.cumprod(waiting / at_risk, dtype=np.float64)
    # Where nobody is left the variance is not defined; `_interval` takes Wilson's there.
    parts = np.divide(
        events, at_risk * waiting, out=np.zeros(times.size), where=waiting > 0, dtype=np.float64
    )
    return _Table(times, at_risk.astype(np.int64), events.astype(np.int64), left, np.cumsum(parts))


def _at(table: _Table, values: Floats, moments: Floats, first: float) -> Floats:
    """A step function of the table at some moments."""
    place = np.searchsorted(table.times, moments, side="right")
    return np.concatenate([[first], values])[place]


def _clustered(
    length: Floats, happened: NDArray[np.bool_], cluster: Ints, table: _Table, moments: Floats
) -> Floats:
    """Variance of the logarithm of what is left at `moments`, where clusters go together.

    Each finding's influence is its derivative in the weight of that finding; it is summed within a
    cluster before it is squared. With one finding a cluster this is Greenwood's sum.
    """
    size, many = int(cluster.max()) + 1, moments.size
    own = np.zeros(length.size)
    place = np.searchsorted(table.times, length, side="left")
    hit = np.flatnonzero(happened)
    waiting = (table.at_risk - table.events)[place[hit]]
    own[hit] = np.divide(-1.0, waiting, out=np.zeros(hit.size), where=waiting > 0)
    passed = own + _at(table, table.hazard, length, 0.0)
    # A finding's influence is whole from the first moment that is not before its own end.
    bin_ = np.searchsorted(moments, length, side="left")
    inside = bin_ < many
    cell = cluster[inside] * many + bin_[inside]
    done = np.bincount(cell, weights=passed[inside], minlength=size * many).reshape(size, many)
    ended = np.bincount(cell, minlength=size * many).reshape(size, many)
    still = np.bincount(cluster, minlength=size)[:, None] - np.cumsum(ended, axis=1)
    influence = np.cumsum(done, axis=1) + still * _at(table, table.hazard, moments, 0.0)
    return np.asarray((influence**2).sum(axis=0), dtype=np.float64)


def _interval(left: float, variance: float, waiting: int) -> tuple[float, float]:
    """The interval of a probability that something has not happened.

    Args:
        left: the estimate.
        variance: of its logarithm.
        waiting: at risk; of use where it happened to none yet, or to all.
    """
    if left >= 1 or left <= 0:
        share = wilson(waiting if left >= 1 else 0, waiting)
        return (share.low, share.high) if share else (0.0, 1.0)
    spread = math.exp(Z * math.sqrt(variance) / abs(math.log(left)))
    return left**spread, left ** (1 / spread)


def _first(moments: Floats, values: list[float]) -> float | None:
    return next((float(at) for at, one in zip(moments, values, strict=True) if one <= 1 / 2), None)


def estimate(
    length: Floats, happened: NDArray[np.bool_], cluster: Ints, *, days: int = 90
) -> Curve:
    """The curve of what was watched.

    Args:
        length: for each, in days, until it happened or until it was watched no more.
        happened: whether it did.
        cluster: whose it is, any numbers.
        days: how many whole days the curve has.
    """
    if not length.size:
        nothing: Length = Length(None, None, None)
        return Curve(
            0, 0, 0, nothing, (None,) * (days + 1), (0,) * (days + 1), (None,) * (days + 1)
        )
    names, group = np.unique(cluster, return_inverse=True)
    table = _table(length, happened)
    fine = table.times
    if fine.size > _FINEST:
        fine = fine[np.linspace(0, fine.size - 1, _FINEST).astype(int)]
    whole = np.arange(days + 1, dtype=np.float64)
    moments = np.unique(np.concatenate([whole, fine]))
    left = _at(table, table.left, moments, 1.0)
    variance = np.maximum(
        _at(table, table.hazard, moments, 0.0),
        _clustered(length, happened, group.astype(np.int64), table, moments),
    )
    waiting = _waiting(length, table, moments)
    bounds = [
        _interval(float(one), float(var), int(many))
        for one, var, many in zip(left, variance, waiting, strict=True)
    ]
    places = np.searchsorted(moments, whole)
    last = float(length.max())
    known = [
        bool(day <= last or left[place] <= 0) for day, place in zip(whole, places, strict=True)
    ]
    return Curve(
        watched=int(length.size),
        happened=int(happened.sum()),
        clusters=int(names.size),
        median=Length(
            _first(table.times, table.left.tolist()),
            _first(moments, [low for low, _ in bounds]),
            _first(moments, [high for _, high in bounds]),
        ),
        days=tuple(
            Share(1 - float(left[place]), 1 - bounds[place][1], 1 - bounds[place][0])
            if sure
            else None
            for sure, place in zip(known, places, strict=True)
        ),
        at_risk=tuple(int((length >= day).sum()) for day in whole),
        deviations=tuple(
            float(left[place] * math.sqrt(variance[place])) if sure else None
            for sure, place in zip(known, places, strict=True)
        ),
    )


def _waiting(length: Floats, table: _Table, moments: Floats) -> Ints:
    """At risk at each moment; after the last event, as many as then."""
    ordered = np.sort(length)
    now = ordered.size - np.searchsorted(ordered, moments, side="left")
    final = int(table.at_risk[-1]) if table.times.size and table.left[-1] <= 0 else 0
    return np.where(now > 0, now, final).astype(np.int64)


def difference(told: Curve, held: Curve, day: int) -> Share | None:
    """By how much more often it had happened by a day to the first than to the second.

    The interval is put together from those of both (Newcombe 1998, method 10; Zou and Donner 2008),
    which holds also where nothing happened to one of them. Where organisations have findings in
    both groups it is wider than need be.
    """
    one, other = told.by(day), held.by(day)
    if one is None or other is None:
        return None
    gap = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Share(gap, max(-1.0, gap - below), min(1.0, gap + above))
