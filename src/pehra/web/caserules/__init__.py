"""The page of rules by which findings open cases."""
