"""What charts show of many trials: few enough points to draw at once, and every one that the eye would miss."""
