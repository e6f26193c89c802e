"""The roles of a process. Each module is loaded only where the settings name its role."""
