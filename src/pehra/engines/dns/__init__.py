"""Names asked of the resolvers that the settings name, or of the system's."""

from __future__ import annotations
