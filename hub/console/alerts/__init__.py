"""The pages of alerts: incidents, what a person does about them, what is measured."""
