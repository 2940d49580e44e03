"""What deploys logsweep: the image, the compose file, the make targets and the documents that promise them."""
