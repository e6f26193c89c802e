"""What the console reads: views that lock nothing and never read a growing table whole."""
