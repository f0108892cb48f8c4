// Tests of Techniques.
