"""What `serve` reports: what it serves, and what is missing."""

from altegio_sync.messages.template import Template

PORT_IN_USE = Template(
    "serve_port_in_use",
    "Port {port} of {host} is in use, perhaps by another serve or the sandbox: "
    "--port chooses another one",
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

# The page, where it is not shown.
PAGE_NOT_FOUND = Template("serve_page_not_found", "There is no such page")
NO_SUCH_DAY = Template(
    "serve_no_such_day",
    "The address names no day from 2000 to 2199 in the form 2026-06-15.",
)
NO_SUCH_LOCATION = Template(
    "serve_no_such_location",
    "The address names a location that is not among those whose appointments are read.",
)
PAGE_NEEDS_PASSWORD = Template(
    "serve_page_needs_password",
    "--host makes the page visible to other machines, so ALTEGIO_PAGE_PASSWORD must be set. "
    "--no-page serves without the page",
)
PAGE_NOT_SHOWN = Template("serve_page_not_shown", "The page is not shown")
PAGE_ONLY_HERE = Template(
    "serve_page_only_here",
    "It has no password, so it is shown only to a browser on the machine where it runs, without a "
    "proxy. To see it from elsewhere, set ALTEGIO_PAGE_PASSWORD and restart altegio-sync serve.",
)
PAGE_ASKS_PASSWORD = Template(
    "serve_page_asks_password",
    "It needs the password from ALTEGIO_PAGE_PASSWORD. Any user name will do.",
)
PAGE_TOO_MANY = Template(
    "serve_page_too_many", "Too many wrong passwords at once. The right one still works."
)
PAGE_TOO_MANY_READERS = Template(
    "serve_page_too_many_readers", "It is open too often at once. Close other pages of it."
)
