"""Groups of failures: how many of each, what they mean, how they grow, who works on them."""
