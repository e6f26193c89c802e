"""Who may: the clients that call the hub and the persons who sign in."""
