"""Tables of the room `outreach`, a module for each subject."""
