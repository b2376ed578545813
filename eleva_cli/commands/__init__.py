"""One noun a file: parse, plan, gate, apply, and return a `Result`."""
