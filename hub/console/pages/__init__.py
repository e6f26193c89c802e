"""The pages, a module each; a page function reads like a list of what is on the page."""
