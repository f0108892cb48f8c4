// Tests of NftJSON.
