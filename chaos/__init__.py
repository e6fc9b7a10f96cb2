"""Faults, on purpose: what the product promises when AWS, its workers or its callers fail, tried."""
