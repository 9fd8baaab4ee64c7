"""The evidence room: what is kept, who opened it, who asks for it; and what everybody may count."""
