"""What goes wrong with backups and with restoring them."""

from altegio_sync.messages.template import Template

NO_COLLECTION = Template(
    "backup_no_collection",
    "The database {database} has no collection {collection}: there is nothing "
    "to back up (check DB_URI and ALTEGIO_COLLECTION)",
)
NOT_A_COLLECTION = Template(
    "backup_not_a_collection", "{collection} is a {kind}, not a collection of documents"
)
NOT_READ_BACK = Template("backup_not_read_back", "The backup could not be read back: {reason}")
READ_BACK_OTHERWISE = Template(
    "backup_read_back_otherwise",
    "The backup did not read back as it was written: try another disk",
)

# The file of a dump.
DAMAGED_ZIP = Template(
    "dump_damaged_zip", "{path} is damaged or cut off: it cannot be unzipped to its end"
)
CANNOT_READ = Template("dump_cannot_read", "Cannot read {path}: {reason}")
NOT_GZIPPED = Template("dump_not_gzipped", "{path} is not gzipped, as its name says: it is no dump")
PLACE = Template("dump_place", "{path}, document {number} (byte {byte})")
CUT_OFF = Template("dump_cut_off", "{place}: the file is cut off")
NOT_BSON = Template("dump_not_bson", "{place}: not BSON, or damaged")
WITHOUT_ID = Template(
    "dump_without_id", "{place}: it has no _id, so this is no dump of a collection"
)

# The folder of a dump.
TAKEN = Template("dump_taken", "{path} already exists and is not changed: name another place")
TAKEN_NOW = Template("dump_taken_now", "{path} exists now and is not changed: name another place")
NOT_THERE = Template("dump_not_there", "There is no dump {path} ({reason})")
NOT_IN_FOLDER = Template(
    "dump_not_in_folder",
    "{path} contains no dump of {collection}: expected {name} there or in the folder of "
    "a database (a dump of another collection can be named by its file)",
)
SEVERAL_IN_FOLDER = Template(
    "dump_several", "{path} contains {count} dumps of {collection}: name the file of one"
)

# Restoring.
SAME_ID_TWICE = Template(
    "restore_same_id_twice",
    "{path} contains two documents with the same _id, so it is no dump of one "
    "collection (several dumps in one file?): nothing was written",
)
STORED_OTHERWISE = Template(
    "restore_stored_otherwise",
    "{number} documents did not read back as they are in the dump (appointments {appointments}): "
    "run it again",
)
REFUSED_BY_INDEX = Template(
    "restore_refused_by_index",
    "A unique index of another program prevents {number} documents from being restored "
    "(appointments {appointments})",
)
ALL_REFUSED_BY_INDEX = Template(
    "restore_all_refused_by_index",
    "A unique index of another program prevents some documents from being restored",
)
REFUSED = Template(
    "restore_refused",
    "MongoDB refused {number} documents (code {code}) (appointments {appointments}): {reason}",
)

# Keeping the newest backups.
EMPTY_KEEPS_ALL = Template(
    "backup_empty_keeps_all",
    "The collection is empty, so no old backup was removed: check DB_URI and ALTEGIO_COLLECTION",
)
NOT_REMOVED = Template(
    "backup_not_removed", "Cannot remove the old backup {path}: {reason}. Remove it by hand"
)

# Verifying.
TEXT_DAMAGED = Template("backup_text_damaged", "{path} is damaged: its text cannot be read")
MISSING_FILE = Template("backup_missing_file", "{path} is missing")
NO_DUMP_FILE = Template(
    "backup_no_dump_file",
    "{path} is no backup: name its folder, or a file that ends in .bson or .bson.gz",
)
NO_DUMP = Template("backup_no_dump", "{path} contains no dump (no .bson or .bson.gz file)")
SAME_ID_TWICE_IN_DUMP = Template(
    "backup_same_id_twice", "{path} contains two documents with the same _id"
)
FILE_CHANGED = Template(
    "backup_file_changed",
    "{path} was changed after the backup: it is not the file that was written",
)
DIFFERS_FROM_MANIFEST = Template(
    "backup_differs",
    "{path} was changed after the backup: it contains {documents} documents, the backup had "
    "{expected}, and the checksums differ",
)
