"""When a person is told without looking: signals, rules, incidents, messages. Pure, no clock."""
