// Tests of Passage.
