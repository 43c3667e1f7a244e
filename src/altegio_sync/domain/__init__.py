"""The rules about appointments: values and pure functions, without I/O and without async."""
