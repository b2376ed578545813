"""What `eleva link` does behind its flags."""
