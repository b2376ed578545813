"""What `eleva verify` and `eleva explain` do behind their flags."""
