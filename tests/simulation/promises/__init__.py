"""What must hold in a story, one sentence for each promise, and the places that check it."""
