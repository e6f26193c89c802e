"""Which client may call which operation of the hub, for which agencies, from where."""
