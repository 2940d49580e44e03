"""NumPy networks trained many at a time: the first axis of every array is the member."""
