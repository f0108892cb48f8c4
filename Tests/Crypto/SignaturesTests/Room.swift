// Tests of Signatures.
