"""What `eleva migrate` does behind its flags."""
