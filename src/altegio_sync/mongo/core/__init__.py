"""The common parts of the MongoDB code: connection, ids, documents, indexes, writes in batches."""
