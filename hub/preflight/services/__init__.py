"""Services that others run beside the hub: what scans its files, what proves who a person is."""
