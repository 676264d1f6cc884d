"""Vertex AI as a pipeline service: runs and schedules through Google's own client, by gRPC.

`vertex_service` answers what the commands ask, `vertex_connection` signs in and calls, `vertex_refusals` says in one
message what went wrong, `vertex_requests` makes what is sent, `vertex_readings` reads what comes back.
"""
