"""What every partner's adapter needs of HTTP and XML, so that failures by phase are decided
once."""
