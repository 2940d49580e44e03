"""What a deployment needs beside the code: the list of all that is shipped, with versions, hashes and licences."""
