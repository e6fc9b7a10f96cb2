"""What a receipt or an invoice says of itself: who, when, what for, how much. Found by labels and by where things stand; never
invented.

rows        the first pages as rows of pieces, as an eye goes along them
values      dates and amounts, as they are written and as programs want them
labels      the words that say what a value is, in the languages of western Europe and a little Chinese
field       a value and where it stands
beside      the value of a label: behind it, to its right, or below
parties     who sells and who buys, with their addresses
sums        subtotal, tax and total, and whether they add up
items       the lines of goods
finding     all fields by their names
"""
