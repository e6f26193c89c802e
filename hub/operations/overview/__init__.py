"""What needs a person now, most urgent first: for console and terminal; changes nothing."""
