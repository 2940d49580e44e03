"""The log of all processes: sentences, with what they are about beside them."""
