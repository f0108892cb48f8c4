// Tests of Closure.
