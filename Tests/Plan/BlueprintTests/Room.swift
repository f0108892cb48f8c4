// Tests of Blueprint.
