"""What is done at a broker besides carrying: declare, compare, probe, own."""
