"""The operators' console: pages for people who watch the hub and settle what it cannot decide.

A role of its own: it reads through views without locks, so the hub works as fast while it is
looked at, and goes on while the console is down. `app` puts it together, `frame` is what all pages
share, `pages` has a module a page.
"""
