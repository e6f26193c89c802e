"""Commands that prove: the conservation of deliveries, the chained logs."""
