"""What `demo` and `sandbox` show around the commands."""

from altegio_sync.messages.template import Template

BEGIN = Template("demo_begin", "A made-up school and its own MongoDB; both are removed at the end.")
OLD_DOCUMENTS = Template(
    "demo_old_documents",
    "The school's old program has already stored a few lessons: some twice, some with a fault.",
)
END = Template(
    "demo_end", "That was it. With your own tokens in .env the same commands sync your school."
)

# What each command is for.
CHECK = Template("demo_check", "Is everything in place?")
SYNC = Template("demo_sync", "Bring last month's bookings in, beside what is already there.")
SYNC_AGAIN = Template("demo_sync_again", "Once more: nothing is stored twice.")
STATS = Template(
    "demo_stats",
    "What is stored? Near the end: how many pupils came again after a trial lesson.",
)
VALIDATE = Template(
    "demo_validate",
    "Is anything wrong with it? clean merges the duplicates, --fix repairs what it can.",
)
CLEAN = Template(
    "demo_clean",
    "Merge the duplicates: one document of each booking remains, the others go to the trash.",
)
FIX = Template("demo_fix", "Repair the faults. Altegio is asked where only it knows the value.")
VALIDATE_AGAIN = Template(
    "demo_validate_again",
    "And now? No error is left; the warnings are corrected in Altegio, by a person.",
)

PORT_TAKEN = Template("sandbox_port_taken", "Port {port} is taken: --port 0 chooses a free one")
SANDBOX_SERVES = Template(
    "sandbox_serves",
    "The made-up school answers at {url} until Ctrl-C. Copy the lines above into another terminal; "
    "there altegio-sync check, sync last-month and every other command work with it.",
)
SANDBOX_SENDS = Template(
    "sandbox_sends",
    "Each change is sent to {count} address as a webhook. What was sent and lost: {url}",
    "Each change is sent to {count} addresses as webhooks. What was sent and lost: {url}",
)
HOOK_ADDRESS_EXPECTED = Template(
    "sandbox_hook_address_expected", "--hooks expects an address, as in http://127.0.0.1:8078/hooks"
)
HOOKS_NOT_HERE = Template(
    "sandbox_hooks_not_here",
    "{host} is not this machine: webhooks go there only with --remote-hooks",
)
