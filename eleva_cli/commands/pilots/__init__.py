"""What `eleva pilot` does: start, look, nudge, status, and what they share."""
