"""Mail: folders on IMAP servers, read without changing them."""

from __future__ import annotations
