"""What the rules of `validate` find, what corrects it, and what was not repaired."""

from altegio_sync.messages.template import Template

# What corrects a rule's findings.
ASK = Template("remedy_ask", "--fix asks Altegio")
CONVERT = Template("remedy_convert", "--fix converts")
FLAGS = Template("remedy_flags", "--fix takes dates from the document's own id, flags from Altegio")
TIDY = Template("remedy_tidy", "--fix removes extra spaces")
CLEAN = Template("remedy_clean", "altegio-sync clean")
TELL = Template("remedy_tell", "correct it in Altegio")
