"""The job table, the worker and the scheduler: work that is queued in the same transaction."""

from __future__ import annotations
