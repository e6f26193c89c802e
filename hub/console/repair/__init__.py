"""Pages about many deliveries at once: groups of failures, selections, replay plans, comparisons."""
