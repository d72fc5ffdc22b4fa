"""Credit: exposure, limits, holds."""
