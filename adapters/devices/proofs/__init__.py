"""What proves each kind of device: a code that is read, a sheet that is scanned or printed."""
