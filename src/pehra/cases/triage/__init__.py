"""Is this address, message or mail likely to harm? A suggestion with reasons, never a verdict.

Pure: bytes, text and the caller's known addresses in, a `Suggestion` out. Nothing is fetched,
nothing rendered, nothing executed. docs/triage.md says how well it does, and where it fails.
"""
