"""What a receipt or an invoice says of itself: who, when, how much. Found by labels and by where things stand; never invented.

rows        the first pages as rows, as an eye goes along them
values      dates and amounts, as they are written and as programs want them
finding     which row says what
"""
