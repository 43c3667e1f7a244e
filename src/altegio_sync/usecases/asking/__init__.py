"""Asks Altegio about stored documents with something wrong.

- `asking`: asks the companies in turn, then removes what none of them has.
- `company`: asks one company. `plan`: by pages or by id. `removing`: what is certainly gone.
"""
