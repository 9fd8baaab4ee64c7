"""Tables of the room `cases`, a module for each subject."""
