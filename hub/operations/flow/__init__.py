"""How deliveries flow: samples that the timer keeps, and what a chart makes of them."""
