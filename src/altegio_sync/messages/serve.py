"""What `serve` reports: what it serves, and what is missing."""

from altegio_sync.messages.template import Template

PORT_IN_USE = Template(
    "serve_port_in_use",
    "Port {port} of {host} is in use, perhaps by another serve: --port chooses another one",
)
CANNOT_LISTEN = Template("serve_cannot_listen", "Cannot listen at {host}, port {port}: {reason}")
NEW_SECRET = Template(
    "serve_new_secret",
    "Write this line into the settings, and restart serve:\n"
    "ALTEGIO_HOOK_SECRET={secret}\n"
    "Enter this address in Altegio, in Settings, System settings, For developers, with your host, "
    "and tick the appointments:\n"
    "https://YOUR-HOST/hooks/{secret}",
)
NOT_OPEN_YET = Template("serve_not_open_yet", "MongoDB has not been reached yet")
