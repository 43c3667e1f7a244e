"""One module for each thing a user asks for; they know ports, not adapters."""
