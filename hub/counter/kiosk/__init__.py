"""The kiosk: look a dossier up, procedures, a ticket, the survey."""
