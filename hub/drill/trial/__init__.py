"""`script/run --drill`: a whole installation on one machine to look at, with made-up work in it."""
