// Tests of FilterTerms.
