"""Verbs on findings; the only place where their rows are written.

`take_in` folds a batch in, `answers` records what people say, `closing` ends what coverage shows
to be gone and re-examines owners when the register changes.
"""
