"""Tests of logsweep; the folders mirror app/ and engine/."""
