"""The school's collection in MongoDB."""
