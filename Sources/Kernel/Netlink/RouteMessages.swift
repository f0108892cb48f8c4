package import Addresses

/// A hardware address that says what it belongs to: locally administered, from an index.
package struct HardwareAddress: Sendable, Equatable {
    package let bytes: [UInt8]

    /// The fabric's end of a compartment's link: 02:62:68:01 and the index.
    package static func fabric(_ index: Int) -> HardwareAddress { .init(side: 1, index) }
    /// The compartment's end: 02:62:68:02 and the index.
    package static func compartment(_ index: Int) -> HardwareAddress { .init(side: 2, index) }

    private init(side: UInt8, _ index: Int) {
        bytes = [
            0x02, 0x62, 0x68, side, UInt8(truncatingIfNeeded: index >> 8),
            UInt8(truncatingIfNeeded: index),
        ]
    }
}

/// Rtnetlink requests as bytes (`linux/rtnetlink.h`, `linux/if_link.h`): pure.
package enum RouteMessages {
    private static let newLink: UInt16 = 16
    private static let getLink: UInt16 = 18
    private static let newAddress: UInt16 = 20
    private static let newRoute: UInt16 = 24
    private static let newNeighbour: UInt16 = 28
    private static let ipv4: UInt8 = 2
    private static let up: UInt32 = 0x1
    private static let noARP: UInt32 = 0x80

    /// One end of a veth pair; the interface number is chosen, so later messages need no answer.
    package struct LinkEnd: Sendable {
        package let name: String
        package let index: Int32
        package let hardware: HardwareAddress

        package init(name: String, index: Int32, hardware: HardwareAddress) {
            self.name = name
            self.index = index
            self.hardware = hardware
        }
    }

    /// A veth pair without ARP, `peer` in the namespace of descriptor `peerNamespace`.
    ///
    /// One message, so a pair is never half in the wrong place. The kernel takes only the near
    /// end up here; the peer's turn is `raise`.
    package static func link(_ end: LinkEnd, peer: LinkEnd, peerNamespace: Int32) -> Request {
        Request(newLink, flags: MessageFlag.create | MessageFlag.exclusive) { writer in
            self.end(end, flags: up | noARP, into: &writer)
            writer.nest(18) { info in
                info.attribute(1, text: "veth")
                info.nest(2) { data in
                    data.nest(1) { other in
                        self.end(peer, flags: noARP, into: &other)
                        other.attribute(28, word: UInt32(bitPattern: peerNamespace))
                    }
                }
            }
        }
    }

    /// Takes an interface up.
    package static func raise(_ interface: Int32) -> Request {
        Request(newLink) { writer in
            writer.raw([0, 0, 0, 0])
            writer.word(UInt32(bitPattern: interface))
            writer.word(up)
            writer.word(up)
        }
    }

    /// Reads a link, which makes the kernel finish what its carrier's change began.
    package static func settle(_ interface: Int32) -> Request {
        Request(getLink) { writer in
            writer.raw([0, 0, 0, 0])
            writer.word(UInt32(bitPattern: interface))
            writer.zeroes(8)
        }
    }

    /// An address of an interface, `/32`.
    package static func address(_ address: Address, interface: Int32) -> Request {
        Request(newAddress, flags: MessageFlag.create | MessageFlag.exclusive) { writer in
            writer.raw([ipv4, 32, 0, 0])
            writer.word(UInt32(bitPattern: interface))
            writer.attribute(1, word: address.value.byteSwapped)
            writer.attribute(2, word: address.value.byteSwapped)
        }
    }

    /// The hardware address behind a neighbour's address, for ever (NUD_PERMANENT).
    package static func neighbour(
        _ address: Address, at hardware: HardwareAddress, interface: Int32
    ) -> Request {
        Request(newNeighbour, flags: MessageFlag.create) { writer in
            writer.raw([ipv4, 0, 0, 0])
            writer.word(UInt32(bitPattern: interface))
            writer.half(0x80)
            writer.raw([0, 1])
            writer.attribute(1, word: address.value.byteSwapped)
            writer.attribute(2, hardware.bytes)
        }
    }

    /// A route in the main table: `/32` out of `interface`.
    package static func route(to address: Address, interface: Int32) -> Request {
        route(length: 32, scope: 253, onLink: false, interface) {
            $0.attribute(1, word: address.value.byteSwapped)
        }
    }

    /// The default route: through `gateway`, which need not be in any network of the interface.
    package static func defaultRoute(via gateway: Address, interface: Int32) -> Request {
        route(length: 0, scope: 0, onLink: true, interface) {
            $0.attribute(5, word: gateway.value.byteSwapped)
        }
    }

    private static func route(
        length: UInt8, scope: UInt8, onLink: Bool, _ interface: Int32,
        _ body: (inout MessageWriter) -> Void
    ) -> Request {
        Request(newRoute, flags: MessageFlag.create | MessageFlag.exclusive) { writer in
            // Table main, protocol static, unicast.
            writer.raw([ipv4, length, 0, 0, 254, 4, scope, 1])
            writer.word(onLink ? 4 : 0)
            body(&writer)
            writer.attribute(4, word: UInt32(bitPattern: interface))
        }
    }

    private static func end(_ end: LinkEnd, flags: UInt32, into writer: inout MessageWriter) {
        writer.raw([0, 0, 0, 0])
        writer.word(UInt32(bitPattern: end.index))
        writer.word(flags)
        writer.word(flags)
        writer.attribute(3, text: end.name)
        writer.attribute(1, end.hardware.bytes)
    }
}
