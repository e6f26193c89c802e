"""The proof that nothing in the chained logs was changed, and up to where that was proven."""
