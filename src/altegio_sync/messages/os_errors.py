"""The system's errors of files, disks and networks. The English texts are those of Linux."""

from __future__ import annotations

import errno

from altegio_sync.messages.template import Message, Template

NO_SUCH_FILE = Template("os_no_such_file", "No such file or directory")
NO_PERMISSION = Template("os_no_permission", "Permission denied")
NOT_PERMITTED = Template("os_not_permitted", "Operation not permitted")
IS_FOLDER = Template("os_is_folder", "Is a directory")
NO_FOLDER = Template("os_no_folder", "Not a directory")
FILE_EXISTS = Template("os_file_exists", "File exists")
DISK_FULL = Template("os_disk_full", "No space left on device")
QUOTA_EXCEEDED = Template("os_quota_exceeded", "Disk quota exceeded")
FILE_TOO_LARGE = Template("os_file_too_large", "File too large")
READ_ONLY = Template("os_read_only", "Read-only file system")
NAME_TOO_LONG = Template("os_name_too_long", "File name too long")
TOO_MANY_LINKS = Template("os_too_many_links", "Too many levels of symbolic links")
TOO_MANY_FILES = Template("os_too_many_files", "Too many open files")
IN_OUT_ERROR = Template("os_in_out_error", "Input/output error")
ADDRESS_IN_USE = Template("os_address_in_use", "Address already in use")
NOT_OUR_ADDRESS = Template("os_not_our_address", "Cannot assign requested address")

_BY_NUMBER = {
    errno.ENOENT: NO_SUCH_FILE,
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NOT_PERMITTED,
    errno.EISDIR: IS_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
    errno.EEXIST: FILE_EXISTS,
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: QUOTA_EXCEEDED,
    errno.EFBIG: FILE_TOO_LARGE,
    errno.EROFS: READ_ONLY,
    errno.ENAMETOOLONG: NAME_TOO_LONG,
    errno.ELOOP: TOO_MANY_LINKS,
    errno.EMFILE: TOO_MANY_FILES,
    errno.EIO: IN_OUT_ERROR,
    errno.EADDRINUSE: ADDRESS_IN_USE,
    errno.EADDRNOTAVAIL: NOT_OUR_ADDRESS,
}


def os_reason(error: OSError) -> Message | str:
    """Why the system failed; in the system's own words where the error is rare."""
    template = None if error.errno is None else _BY_NUMBER.get(error.errno)
    if template is not None and error.strerror == template.english:
        return template()
    return error.strerror or type(error).__name__
