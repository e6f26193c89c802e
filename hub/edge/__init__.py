"""The agent on a workstation: it hosts the devices there, and loses nothing while the line is cut.

Its imports stay small: no database engine, no broker, no web server, no SOAP.
"""
