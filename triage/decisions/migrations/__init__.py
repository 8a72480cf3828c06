"""How the tables of decisions came to be, step by step, on SQLite and on PostgreSQL."""
