"""What the ward knows: rules of the field, bound to dated data."""
