"""Commands that ask a server, as clients of it: data sets, sweeps, results, workers."""
