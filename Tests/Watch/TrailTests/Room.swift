// Tests of Trail.
