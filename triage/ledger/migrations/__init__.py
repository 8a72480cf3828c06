"""How the ledger's table came to be, step by step, on SQLite and on PostgreSQL."""
