"""What the commands of `eleva webhook` do: list, replay, find gaps, serve."""
