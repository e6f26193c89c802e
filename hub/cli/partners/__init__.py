"""Commands about partners: profiles, rehearsal, procedures, the daily comparison."""
