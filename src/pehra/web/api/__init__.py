"""The same rows by the same permissions as the pages, for machines: JSON over HTTP."""
