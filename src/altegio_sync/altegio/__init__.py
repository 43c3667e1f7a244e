"""The REST API of Altegio, version 1."""
