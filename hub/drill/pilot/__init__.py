"""The pilot of 24/7 to 15/9/2018, replayed through a real hub: `hub demo`."""
