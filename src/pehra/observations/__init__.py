"""The columnar store of dated facts: schema, attribution, the lake, and its only reader."""

from __future__ import annotations
