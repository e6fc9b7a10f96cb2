"""The vlm tier: a page as a picture to a vision-language model, and what it says checked against OCR of the same page.

`dialects` are how models are asked and how they answer, `chat` the wire format that all servers share, `loops` notices a model
that repeats itself; `blocks` makes blocks of what it says, `place` puts its words where OCR has seen them, `check` says how far
it is to be believed, and `ladder` what to do when it is not or when no answer comes. `backend` is what a server must be able to
do; `openai` is one, `aws.endpoint` another. `embedded` needs none.

Everything here works on text and numbers: no pixels, no AWS.
"""
