// Tests of AuthorityTreaty.
