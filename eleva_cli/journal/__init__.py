"""The local journal: snapshots, plans, runs and leases in one SQLite file."""
