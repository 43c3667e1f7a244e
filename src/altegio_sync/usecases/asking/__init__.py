"""Asks Altegio about stored documents with errors.

- `asking`: asks one company after the other, then removes documents that no company has.
- `company`: asks one company.
- `plan`: decides between requests for pages and requests by id.
- `removing`: decides which documents are certainly gone.
"""
