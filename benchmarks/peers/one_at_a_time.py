"""A plain script: one request, then for each of its records one look-up and one insert."""

from __future__ import annotations

import requests
from lessons import HEADERS, asked, to_document
from pymongo import MongoClient, WriteConcern


def main() -> None:
    options = asked()
    session = requests.Session()
    client = MongoClient(options.uri)
    collection = client[options.database].get_collection(
        options.collection, write_concern=WriteConcern("majority", j=True)
    )
    collection.create_index("appointmentId", unique=True)
    page, rows = 1, [{}]
    while rows:
        answer = session.get(
            f"{options.url}/records/{options.company}",
            headers=HEADERS,
            params={
                "start_date": options.first,
                "end_date": options.last,
                "with_deleted": 1,
                "page": page,
                "count": options.page_size,
            },
            timeout=60,
        )
        rows = answer.json()["data"]
        for row in rows:
            document = to_document(row)
            if collection.find_one({"appointmentId": document["appointmentId"]}) is None:
                collection.insert_one(document)
        page += 1


if __name__ == "__main__":
    main()
