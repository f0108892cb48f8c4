// Tests of Authority.
