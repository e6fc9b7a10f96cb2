"""What a job says, in another language: texts cut out of its pages, put to a translator, and checked when they come back.

`pairs`: who can translate what. `units`: the texts of a page. `cutting`: those that are too long for one request. `checks`:
what has to survive. `pages`: all of it for one page. `rebuilding`: the page with its translation in place of its text.
"""
