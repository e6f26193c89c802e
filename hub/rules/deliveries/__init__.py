"""The life of a delivery: its states, what follows a failed call, and what proves an effect or its
absence."""
