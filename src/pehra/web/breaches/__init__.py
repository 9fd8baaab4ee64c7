"""Pages of breaches of personal data, and of leaked passwords."""
