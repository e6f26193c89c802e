"""How a call can fail, what each fault code means and what a person does about it."""
