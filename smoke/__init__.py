"""After a deployment: does it work?"""
