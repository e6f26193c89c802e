"""Relay: message in, validated, stored durably, published with confirm; the hub and its peers.

`course` runs the trials, `contenders` lists who takes part and how, `trial` makes one measurement,
`sides` holds the contenders' programs, and `sides/work` is what the peers do with each message.
"""
