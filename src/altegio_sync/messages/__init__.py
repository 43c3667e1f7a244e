"""The sentences for people, one module for each area of the program.

CONTRIBUTING.md says how a message is written.
"""

from altegio_sync.messages.language import translated
from altegio_sync.messages.rendering import render
from altegio_sync.messages.template import Message, Template, as_message

__all__ = ["Message", "Template", "as_message", "render", "translated"]
