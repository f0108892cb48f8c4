// Tests of Namespaces.
