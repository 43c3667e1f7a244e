"""What a run says when another run holds a company or the collection."""

from altegio_sync.messages.template import Template

THE_COLLECTION = Template("the_collection", "the collection")
COMPANY = Template("company", "company {company}")
ANOTHER_RUN = Template("another_run", "Another run is at work on {what}: {holder}")
HOLDER = Template("holder", "{command} {run_id} ({host}, process {pid}, since {since} UTC)")
LEASE_LOST = Template(
    "lease_lost",
    "Another run took {what} over, since this one did not renew its lease in time (it was stopped, "
    "or could not reach MongoDB): what was stored before stays, run it again",
)
LEASES_UNREADABLE = Template("leases_unreadable", "The leases in {collection} cannot be read")
