"""Pages about many deliveries: groups of failures, selections, replay plans, comparisons."""
