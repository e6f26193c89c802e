"""The town administrative centre as a product: for the demo, the tests and a drill before go-live.

`python -m adapters.town_center.simulator` or `hub simulate town` runs it (see `main`).
"""
