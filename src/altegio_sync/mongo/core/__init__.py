"""What everything in MongoDB needs: the connection, ids, documents, indexes, writing in batches."""
