// Tests of Confinement.
