"""Questions about a document, answered from its text alone: a model says something, and what stands on the pages is let through.

passages, retrieval     the document as what can be quoted, and what of it a question is about
extractive              the model that only quotes
openai, aws.bedrock     models that write
grounded                what any of them says, checked against the pages, sentence by sentence
"""
