"""Django's PostgreSQL, which tells the database who looks: the second fence of tenancy."""
