"""The embedded runtime: the AWS stack on this machine, in an emulator, without Docker and without an account.

Not durable (state lives as long as the process), not for several users, not a sandbox.
"""
