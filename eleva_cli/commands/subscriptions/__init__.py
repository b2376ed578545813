"""What `eleva subscription` does: one subscription, each with what it costs."""
