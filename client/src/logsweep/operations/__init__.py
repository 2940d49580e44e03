"""Every operation of the API, once: functions that return calls, and run nothing."""
