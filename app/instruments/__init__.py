"""What the service measures of itself, and how its requests are traced."""
