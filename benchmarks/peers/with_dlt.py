"""The same by dlt: its `rest_api` source, and a function destination that writes with pymongo."""

from __future__ import annotations

import os
import tempfile

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.rest_api import rest_api_source
from lessons import HEADERS, asked, to_document
from pymongo import MongoClient, UpdateOne, WriteConcern


def main() -> None:
    options = asked()
    client = MongoClient(options.uri)
    collection = client[options.database].get_collection(
        options.collection, write_concern=WriteConcern("majority", j=True)
    )
    collection.create_index("appointmentId", unique=True)

    @dlt.destination(batch_size=1000, skip_dlt_columns_and_tables=True, max_table_nesting=0)
    def appointments(items: list[dict[str, object]], _table: object) -> None:
        writes = [
            UpdateOne({"appointmentId": item["appointmentId"]}, {"$setOnInsert": item}, upsert=True)
            for item in items
        ]
        collection.bulk_write(writes, ordered=False)

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{options.url}/",
                "headers": HEADERS,
                "paginator": {
                    "type": "page_number",
                    "base_page": 1,
                    "page_param": "page",
                    "total_path": None,
                    "stop_after_empty_page": True,
                },
            },
            "resources": [
                {
                    "name": "appointments",
                    "endpoint": {
                        "path": f"records/{options.company}",
                        "data_selector": "data",
                        "params": {
                            "start_date": options.first,
                            "end_date": options.last,
                            "with_deleted": 1,
                            "count": options.page_size,
                        },
                    },
                    "processing_steps": [{"map": to_document}],
                }
            ],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("bench", destination=appointments, pipelines_dir=folder)
        pipeline.run(source).raise_on_failed_jobs()


if __name__ == "__main__":
    main()
