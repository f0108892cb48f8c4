// Tests of Compile.
