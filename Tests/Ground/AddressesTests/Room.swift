// Tests of Addresses.
