"""The vlm tier: a page as a picture to a vision-language model, and what it says checked against OCR of the same page.

`dialects` are how models are asked and how they answer, `chat` the wire format that all servers share, `loops` notices a model
that repeats itself. `blocks` makes blocks of what it says; `claims` looks for their `letters` in the `pool` of those that OCR
has read, `place` puts the words there, `check` says how far they are to be believed, `merging` adds what is missing, and `ladder`
is what to do when nothing can be believed or no answer comes. `backend` is what a server must be able to do; `openai` is one,
`aws.endpoint` another. `embedded` needs none.

Everything here works on text and numbers: no pixels, no AWS.
"""
