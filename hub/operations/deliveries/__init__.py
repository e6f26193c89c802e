"""What a person decides about deliveries: resolve, complete by hand, cancel, resend, replay."""
