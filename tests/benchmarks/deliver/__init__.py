"""Deliver: the hub's deliveries by SOAP beside a bare loop of zeep calls, to the same simulator.

`course` runs the trials, `*_side` are the programs, `order` tells them what to do.
"""
