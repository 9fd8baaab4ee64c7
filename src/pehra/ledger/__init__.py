"""Merkle log of every act: append, checkpoints, and proofs that outsiders can check."""

from __future__ import annotations
