"""What goes wrong with MongoDB: its address, its refusals, its indexes."""

from altegio_sync.messages.template import Template

# The address.
NO_ADDRESS = Template(
    "store_no_address",
    "DB_URI is not a MongoDB address: expected mongodb://host/database, "
    "mongodb+srv://host/database or the word embedded (special characters in the password must "
    "be percent-encoded)",
)
NO_DATABASE = Template(
    "store_no_database",
    "DB_URI names no database: expected mongodb://host/database, with the name of the database "
    "after the last slash",
)
UNUSABLE_FILE = Template(
    "store_unusable_file",
    "DB_URI names a file, by tlsCAFile or tlsCertificateKeyFile, that cannot be used: {reason}",
)

# Lost, or failed.
LOST = Template(
    "store_lost",
    "MongoDB was lost in mid-run ({kind}): check that the server runs, then run the command again",
)
LOST_WITH_CODE = Template(
    "store_lost_with_code",
    "MongoDB was lost in mid-run (code {code}): check that the server runs, then run the command "
    "again",
)
FAILED = Template(
    "store_failed",
    "MongoDB failed ({kind}): run the command again, and look at the server's log if it fails "
    "again",
)

# Out of reach; ``cause`` is the driver's text.
UNREACHABLE = Template("store_unreachable", "MongoDB cannot be reached: {cause}: {hint}")
UNINITIATED_SET = Template(
    "store_uninitiated_set",
    "MongoDB cannot be reached: the server is part of a replica set that was never initiated, or "
    "no longer belongs to its set. Run rs.initiate() there once, or start mongod without "
    "--replSet",
)
NOT_READY = Template(
    "store_not_ready",
    "MongoDB cannot be reached: the server is starting, recovering or being removed from its "
    "replica set. Try again later",
)
SECONDARY = Template(
    "store_secondary",
    "DB_URI leads to a secondary of a replica set, where nothing can be written: name the members "
    "of the replica set in DB_URI and leave directConnection out, as in "
    "mongodb://host1,host2,host3/database?replicaSet=NAME",
)
ARBITER = Template(
    "store_arbiter",
    "DB_URI leads to an arbiter of a replica set, which has no data: name the members of the "
    "replica set in DB_URI and leave directConnection out, as in "
    "mongodb://host1,host2,host3/database?replicaSet=NAME",
)
CHECK_ADDRESS = Template("store_check_address", "check DB_URI and that the server runs")
UNKNOWN_HOST = Template(
    "store_unknown_host",
    "this machine finds no server of that name. Check the host in DB_URI and the network",
)
CERTIFICATE_NAME = Template(
    "store_certificate_name",
    "the certificate is for another name. Write the host in DB_URI as the certificate names it",
)
CERTIFICATE_OUT_OF_DATE = Template(
    "store_certificate_out_of_date",
    "the certificate of the server is out of date, or the clock of this machine is wrong",
)
CERTIFICATE_NOT_TRUSTED = Template(
    "store_certificate_not_trusted",
    "the certificate of the server is not trusted here. Name the file of its authority with "
    "tlsCAFile=FILE in DB_URI",
)
CERTIFICATE_WANTED = Template(
    "store_certificate_wanted",
    "the server wants a certificate of the client: tlsCertificateKeyFile=FILE in DB_URI",
)
ATLAS_ACCESS_LIST = Template(
    "store_atlas_access_list",
    "in Atlas, add the address of this machine to the IP Access List",
)
NO_TLS = Template(
    "store_no_tls",
    "the server does not answer with TLS. If it does not use TLS, remove tls=true from DB_URI",
)
CLOSED = Template(
    "store_closed",
    "the server closed the connection. If it wants TLS, add tls=true to DB_URI; if it also wants a "
    "certificate of the client, add tlsCertificateKeyFile=FILE",
)
NO_SERVER = Template(
    "store_no_server", "no server answers there. Check DB_URI and that the server runs"
)
OTHER_SET = Template(
    "store_other_set",
    "the server belongs to no replica set of that name. Check replicaSet in DB_URI",
)
NO_CLUSTER = Template(
    "store_no_cluster",
    "no cluster has that name. Check the host in DB_URI; a cluster that was deleted or paused in "
    "Atlas loses its name",
)
NO_NAME_SERVER = Template(
    "store_no_name_server", "the name servers do not answer. Check the network of this machine"
)
TOO_OLD = Template("store_too_old", "the server is too old. The program needs MongoDB 5.0 or later")
NO_DNSPYTHON = Template(
    "store_no_dnspython", "mongodb+srv:// needs the package dnspython: pip install dnspython"
)
NO_ANSWER = Template(
    "store_no_answer",
    "no server answers in time. Check DB_URI, the firewall and that the server runs; in Atlas, the "
    "IP Access List",
)
NO_PRIMARY = Template(
    "store_no_primary",
    "the replica set has no primary at the moment. Check that most of its members run",
)

# Refusals.
REFUSED = Template("store_refused", "MongoDB refused (code {code}): {reason}")
REFUSED_WITH_NAME = Template(
    "store_refused_with_name", "MongoDB refused (code {code}, {name}): {reason}"
)
REFUSED_ACCESS = Template("store_refused_access", "MongoDB refused access (code {code}): {reason}")
REFUSED_LEDGER = Template(
    "store_refused_ledger", "MongoDB refused the ledger (code {code}): {reason}"
)
REFUSED_APPOINTMENT = Template(
    "store_refused_appointment",
    "MongoDB refused appointment {appointment_id} (code {code}): {reason}",
)
STORED_OTHERWISE = Template(
    "store_stored_otherwise",
    "MongoDB did not store appointment {appointment_id} as it was written",
)
WRONG_USER = Template(
    "store_wrong_user",
    "MongoDB refused the user or the password of DB_URI: check both (special characters must be "
    "percent-encoded). If the user was created in the database admin, add authSource=admin to "
    "DB_URI, as in mongodb://USER:PASSWORD@host/database?authSource=admin",
)
NO_USER = Template(
    "store_no_user",
    "MongoDB wants a user and a password, and DB_URI names none: "
    "mongodb://USER:PASSWORD@host/database?authSource=admin",
)
NO_RIGHT = Template(
    "store_no_right",
    "the user of DB_URI needs the role readWrite on the database. For reports and dry runs the "
    "role read is enough",
)
QUOTA = Template(
    "store_quota",
    "the database is full: the Atlas cluster is over its space quota. Delete what is not needed, "
    "or choose a larger cluster",
)
LACKS_FEATURES = Template(
    "store_lacks_features",
    "this server does not have what the program needs. It needs MongoDB 5.0 or later; altegio-sync "
    "check names what is missing",
)
MEMORY = Template(
    "store_memory",
    "the query needs more memory than this server allows. Choose fewer days (--from, --to), "
    "or use a larger server",
)
LARGE = Template("store_large", "the document would be larger than MongoDB's limit of 16 MiB")
WRONG_KIND = Template(
    "store_wrong_kind",
    "ALTEGIO_COLLECTION names a view, a capped or a time-series collection. The program needs an "
    "ordinary collection",
)
KIND_CANNOT_BE_CHANGED = Template(
    "store_kind_cannot_be_changed",
    "ALTEGIO_COLLECTION names a collection of the kind {kind}, whose documents cannot be changed: "
    "name an ordinary collection",
)
BUSY = Template(
    "store_busy",
    "the server was too busy, and ended the operation. Run the command again later",
)
DISK = Template("store_disk", "the disk of the MongoDB server is full, or cannot be written to")
NOT_ALLOWED = Template(
    "store_not_allowed",
    "the server does not allow this here (a view, or a server of a special kind)",
)
NO_COLLECTION = Template("store_no_collection", "there is no such collection")
CURSOR_LOST = Template(
    "store_cursor_lost",
    "the server ended a query before its last answer. Run the command again",
)
ODD_ID = Template("store_odd_id", "the server does not store the _id of the document as it is")
INDEX_NOT_ALLOWED = Template("store_index_not_allowed", "the server does not allow such an index")
INDEX_IN_THE_WAY = Template(
    "store_index_in_the_way", "another index of the same name is in the way"
)
VALIDATOR = Template("store_validator", "the collection's validator does not accept the document")
SET_NOT_READY = Template(
    "store_set_not_ready", "the replica set is not ready. Run the command again later"
)
DUPLICATE = Template(
    "store_duplicate",
    "a unique index allows no second document with the same value",
)
UNKNOWN_REASON = Template(
    "store_unknown_reason",
    "this program does not know the reason. MongoDB's list of error codes explains the code, and "
    "so does the server's log",
)
ATLAS_TIER = Template(
    "store_atlas_tier",
    "this tier of Atlas does not allow it. A dedicated cluster does (M10 or larger)",
)
ATLAS_REFUSED = Template(
    "store_atlas_refused",
    "Atlas refused it. The pages of the cluster in Atlas show its state",
)

# Appointments that were not changed.
KEEPS_BEING_CHANGED = Template(
    "store_keeps_being_changed",
    "Appointment {appointment_id} keeps being changed: run it again",
)
OVERTAKEN = Template(
    "store_overtaken",
    "Appointment {appointment_id} was changed by another program at the same moment, and is not "
    "written: run it again",
)
REFUSED_BY_INDEX = Template(
    "store_refused_by_index",
    "A unique index of another program prevents appointment {appointment_id} from being restored",
)

# Indexes.
ODD_IDS_IN_THE_WAY = Template(
    "index_odd_ids",
    "documents whose appointmentId is no id (a list, a fraction …) are in the way; altegio-sync "
    "validate reports them under wrong-type",
)
EMPTY_IDS_IN_THE_WAY = Template(
    "index_empty_ids",
    "documents with an empty appointmentId are in the way; altegio-sync validate --fix moves those "
    "to the trash that also have no lead and no start",
)
DUPLICATES_IN_THE_WAY = Template(
    "index_duplicates", "old duplicates are in the way; altegio-sync clean removes them"
)
INDEX_IN_ITS_PLACE = Template(
    "index_in_its_place",
    "another index of the name or key {name} is in its place, which this program never drops: "
    "altegio-sync check names what to do",
)
NO_RIGHT_TO_INDEXES = Template("index_no_right", "the user of DB_URI has no right to make indexes")
NONE_IN_DRY_RUN = Template("index_dry_run", "a dry run makes none; the next run will")
ON_OTHER_FIELDS = Template("index_on_other_fields", "is on other fields than appointmentId alone")
NOT_UNIQUE = Template("index_not_unique", "is not unique")
HIDDEN = Template("index_hidden", "is hidden, so that nothing is found by it")
HAS_COLLATION = Template(
    "index_has_collation",
    "has a collation, so that ids are not found by it, and some count as equal",
)
PARTIAL = Template("index_partial", "covers only some of the documents (it is partial)")
DROP_INDEX = Template(
    "index_drop", "drop {name}, if no program needs it: the next sync makes a unique one"
)
UNHIDE_INDEX = Template("index_unhide", "unhide {name}")

# The ledger.
LEDGER_WRITTEN_BY_OTHERS = Template(
    "ledger_written_by_others", "Other programs keep changing the ledger"
)
