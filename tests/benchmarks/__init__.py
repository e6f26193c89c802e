"""Measurements: how fast, beside what. They judge nothing by time; script/test never runs them."""
