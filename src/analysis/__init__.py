"""A customer ledger's monthly answer: clean data, segments, churn, value."""
