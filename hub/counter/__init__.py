"""What citizens touch and see in the hall: kiosk and information display, a role of its own."""
