"""Files that people hand in, read whole before any call is made."""
