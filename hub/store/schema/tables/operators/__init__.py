"""What the persons use who operate the hub: accounts, approvals, incidents."""
