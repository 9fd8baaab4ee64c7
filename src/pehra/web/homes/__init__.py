"""First pages of roles that work at one table: investigators, lawyers, observers."""
