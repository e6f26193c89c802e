"""Forms that act: what each carries, and how it is carried out once, checked and answered."""
