"""What `eleva invite` does, one command a file."""
