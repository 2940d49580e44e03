"""The HTTP server around the application: uvicorn, with deadlines for clients and a bound on connections."""
