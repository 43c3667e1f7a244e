"""The commands and their options. The code of a command is imported when the command runs."""
