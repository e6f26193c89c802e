"""What people repair: tasks and what raises them, replay plans, classified codes."""
