"""The alerts of an installation: plan and channels, and the roles of a process."""
