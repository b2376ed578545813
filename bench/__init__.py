"""The measures of the design, taken beside a sequential script; see README.md."""
