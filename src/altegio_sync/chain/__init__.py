"""The chain of schools as assets of Dagster: a page, schedules and backfills over our use cases.

Needs the extra `altegio-sync[dagster]`. Nothing else of the program imports this package.
"""
