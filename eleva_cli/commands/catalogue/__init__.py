"""What the verbs of `eleva catalog` do."""
