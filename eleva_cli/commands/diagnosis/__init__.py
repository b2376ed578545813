"""What `eleva doctor` looks at, one kind of evidence a file."""
