"""The bars that show how far a command is."""

from altegio_sync.messages.template import Template

# Behind "3/620".
RECORDS = Template("bar_records", "records")
LOCATIONS = Template("bar_locations", "locations")
DOCUMENTS = Template("bar_documents", "documents")

# What is being read.
COMPANY = Template("bar_company", "company {company}")
ALL = Template("bar_all", "all")
PAGE = Template("bar_page", "page {pages}")
RATE = Template("bar_rate", "{rate:.1f} requests/s")

# The steps of a backup and a restore.
CONNECTING = Template("bar_connecting", "connecting")
WRITING = Template("bar_writing", "backing up")
CHECKING = Template("bar_checking", "checking")
COMPARING = Template("bar_comparing", "comparing")
RESTORING = Template("bar_restoring", "restoring")
