"""Going through what is kept a page at a time, and giving free pages back."""
