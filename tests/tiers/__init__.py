"""How `script/test` divides the tests: what each tier may take, and which files run side by side.

`budgets.toml` is written by hand, `seconds.toml` by `script/test record`. Neither makes a test pass
or fail.
"""
