"""The product: everything that ocrchat does, free of Lambda and HTTP.

Start with `usecases` (the whole flow, top to bottom), then `model` (what flows) and `errors` (what can go wrong).
"""
