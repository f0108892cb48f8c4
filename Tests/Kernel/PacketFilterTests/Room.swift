// Tests of PacketFilter.
