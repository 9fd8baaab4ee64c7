"""Mail: folders on IMAP servers, read without changing them; relays that take what leaves."""

from __future__ import annotations
