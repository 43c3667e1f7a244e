"""No peer but a bound: reads pages and inserts them, one after the other, and checks nothing."""

from __future__ import annotations

import requests
from lessons import HEADERS, asked, to_document
from pymongo import MongoClient, WriteConcern


def main() -> None:
    options = asked()
    session = requests.Session()
    collection = MongoClient(options.uri)[options.database].get_collection(
        options.collection, write_concern=WriteConcern("majority", j=True)
    )
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
        if rows:
            collection.insert_many([to_document(row) for row in rows], ordered=False)
        page += 1


if __name__ == "__main__":
    main()
