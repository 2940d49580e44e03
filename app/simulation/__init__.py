"""The simulation room: whole sweeps in memory, by the planner of the service, on results that are known already."""
