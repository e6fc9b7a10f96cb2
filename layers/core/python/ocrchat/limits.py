"""What AWS carries, for the functions and the local front. On its own since the gate loads it before every submission."""

LAMBDA_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Of the JSON that a function is called with, or answers with."""

ENVELOPE_BYTES = 10_000
"""What headers and the rest of an event take of it, at most."""

REQUEST_BYTES = (LAMBDA_PAYLOAD_BYTES - ENVELOPE_BYTES) // 4 * 3
"""Of a request's body, which is in the event as base64: about 4.7 MB."""
