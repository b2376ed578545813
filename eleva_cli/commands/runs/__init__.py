"""What `eleva run` and every applying command do with a run."""
