// Tests of Breach.
