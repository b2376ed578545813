"""Reads both systems into a snapshot and joins what it finds into evidence."""
