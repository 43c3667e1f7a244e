"""What we know about appointments: values and pure functions, no I/O, no async."""
