internal import Bytes
package import Descriptors
internal import Glibc

/// Hears that somebody changes the packet filter of a network namespace, and who.
package enum RuleWatch {
    /// NFNLGRP_NFTABLES as a bit.
    private static let group: UInt32 = 1 << 6
    /// Datagrams read in one go: a writer that is faster does not hold the reader.
    private static let turnMax = 1_024

    /// A non-blocking socket that becomes readable with each transaction in `namespace`.
    package static func open(
        in namespace: borrowing Descriptor
    ) throws(SystemFailure) -> Descriptor {
        let socket = try NetlinkSocket(.netfilter, in: namespace, groups: group)
        try socket.descriptor.setNonBlocking()
        return socket.release()
    }

    /// What was changed since the last call.
    package static func news(_ number: Int32) -> RuleNews {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var news = RuleNews()
        for _ in 0..<turnMax {
            do throws(SystemFailure) {
                guard let count = try NetlinkDatagram.receive(on: number, into: &buffer) else {
                    break
                }
                news.take(buffer.span, count: count)
            } catch {
                // Another process may send here: that alone is no change.
                guard error.errno != EPERM else { continue }
                news.hasChange = true
                guard error.errno == ENOBUFS || error.errno == EMSGSIZE else { return news }
                news.isLossy = true
            }
        }
        return news
    }
}

/// Transactions of nftables, as the kernel tells of them (`linux/netfilter/nf_tables.h`).
package struct RuleNews: Sendable, Equatable {
    /// The end of a transaction: NEWGEN.
    package struct Transaction: Sendable, Equatable {
        package let generation: UInt32
        /// Pid of who did it, as the first pid namespace counts.
        package let process: UInt32
        /// What that process calls itself: anybody's words.
        package let name: String
    }

    /// Transactions listed of one turn.
    package static let listedMax = 16

    package internal(set) var transactions: [Transaction] = []
    /// Something was changed, listed or not.
    package internal(set) var hasChange = false
    /// The kernel had to drop messages: nobody knows who changed what.
    package internal(set) var isLossy = false

    /// NFNL_SUBSYS_NFTABLES and NFT_MSG_NEWGEN.
    private static let newGeneration: UInt16 = 10 << 8 | 15

    package init() {}

    /// Reads one datagram; what cannot be read counts as a change by nobody.
    package mutating func take(_ bytes: Span<UInt8>, count: Int) {
        hasChange = true
        do throws(Malformed) {
            var offset = 0
            let datagram = bytes.extracting(first: min(count, bytes.count))
            while let header = try MessageReader.next(in: datagram, at: &offset) {
                guard header.type == Self.newGeneration, header.payload.count >= 4 else { continue }
                let one = try Self.transaction(datagram, header.payload)
                if transactions.count < Self.listedMax { transactions.append(one) }
            }
        } catch {
            isLossy = true
        }
    }

    private static func transaction(
        _ bytes: Span<UInt8>, _ payload: Range<Int>
    ) throws(Malformed) -> Transaction {
        var generation: UInt32 = 0
        var process: UInt32 = 0
        var name: [UInt8] = []
        var offset = payload.lowerBound + 4
        while let attribute = try MessageReader.attribute(
            in: bytes, at: &offset, end: payload.upperBound)
        {
            switch (attribute.type, attribute.value.count) {
            case (1, 4...): generation = bytes.be32(attribute.value.lowerBound)
            case (2, 4...): process = bytes.be32(attribute.value.lowerBound)
            case (3, _): name = bytes.copy(attribute.value).prefix(16).filter { $0 != 0 }
            default: continue
            }
        }
        return Transaction(
            generation: generation, process: process, name: String(decoding: name, as: UTF8.self))
    }
}
