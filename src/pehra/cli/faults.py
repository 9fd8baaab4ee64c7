"""Errors of the machine and of the libraries below, as one sentence and exit code 4.

Nothing is imported for that: a class is known by its name, and where its library is not loaded
the error is none of its own. So the command line starts at once.
"""

from __future__ import annotations

from pehra.engines.blobs import room
from pehra.kernel.errors import EnvironmentFault, PehraError, UsageError

_DOCTOR = "`pehra doctor` says what is wrong"
_ROOM = "Free space, then do the same again: it goes on where it stopped."
_DATABASE = {
    ("django.db.utils", "DatabaseError"),
    ("django.db.utils", "InterfaceError"),
}
_TABLES = {
    ("_internal", "DeltaError"),
    ("deltalake._internal", "DeltaError"),
    ("polars.exceptions", "PolarsError"),
    ("pyarrow.lib", "ArrowException"),
}


def legible(text: str) -> str:
    """`text` with what is no UTF-8 written out, as a file's name may hold it."""
    return text.encode(errors="backslashreplace").decode()


def fault_of(error: Exception) -> PehraError | None:
    """What an error from below means for the caller; None where it is a fault of ours."""
    names = {(one.__module__, one.__name__) for one in type(error).__mro__}
    words = str(error).strip().partition("\n")[0].rstrip(".")
    if names & (_DATABASE | _TABLES) and room.is_full(error):
        message = f"The disk is full, or may not be written: {words}."
        return EnvironmentFault(message, mend=_ROOM)
    if names & _DATABASE:
        message = f"The database does not answer: {words}."
        return EnvironmentFault(message, mend=f"{_DOCTOR}; `pehra init` makes missing tables.")
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        message = f"{place}{error.strerror or words}."
        mend = _ROOM if room.is_full(error) else "Free space, or check the owner and mode."
        return EnvironmentFault(message, mend=mend)
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        # Python reads bytes of the command line that are no UTF-8 as lone surrogates.
        message = f"{legible(error.object)!r} holds bytes that are no UTF-8."
        return UsageError(message, mend="Write names in UTF-8.")
    if names & _TABLES:
        message = f"The lake, or a file, cannot be read or written: {words}."
        return EnvironmentFault(message, mend=f"{_DOCTOR}.")
    return None
