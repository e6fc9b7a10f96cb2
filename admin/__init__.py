"""The operator's side: accounts, tokens, credits."""
