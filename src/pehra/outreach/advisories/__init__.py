"""Advisories to the public: written, reviewed, published, corrected in the open, and measured."""
