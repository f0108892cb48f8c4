// Tests of Descriptors.
