// Tests of NftRules.
