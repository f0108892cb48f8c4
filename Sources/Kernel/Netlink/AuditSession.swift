internal import Bytes
internal import CLinux
package import Descriptors
internal import Glibc

/// The state of the kernel's audit (`struct audit_status`).
package struct AuditStatus: Sendable, Equatable {
    /// 0 off, 1 on, 2 on and locked until the next boot.
    package var enabled: UInt32
    /// The audit daemon's pid; 0 when none runs.
    package var daemon: UInt32
    /// Records that may wait.
    package var backlogLimit: UInt32
    /// Records lost since boot.
    package var lost: UInt32

    package init(enabled: UInt32, daemon: UInt32, backlogLimit: UInt32, lost: UInt32) {
        self.enabled = enabled
        self.daemon = daemon
        self.backlogLimit = backlogLimit
        self.lost = lost
    }
}

/// What `AuditSession.engage` changed, for `restore`: a value that can be kept in a file.
package struct AuditEngagement: Sendable, Equatable {
    /// The values before; nil when nothing was changed.
    package var enabledBefore: UInt32?
    package var backlogBefore: UInt32?
    package var addedRule: Bool

    package init(enabledBefore: UInt32?, backlogBefore: UInt32?, addedRule: Bool) {
        self.enabledBefore = enabledBefore
        self.backlogBefore = backlogBefore
        self.addedRule = addedRule
    }
}

/// The kernel's audit: switched on for denials only, and read beside whoever else reads.
///
/// Works only for root of the first user and pid namespace, with a socket of the first network
/// namespace. A running audit daemon keeps everything as it set it.
package struct AuditSession: ~Copyable, Sendable {
    private var socket: NetlinkSocket

    private static let getStatus: UInt16 = 1000
    private static let setStatus: UInt16 = 1001
    private static let addRule: UInt16 = 1011
    private static let deleteRule: UInt16 = 1012
    private static let backlog: UInt32 = 8192
    private static let answersMax = 64

    package init(in namespace: borrowing Descriptor) throws(SystemFailure) {
        socket = try NetlinkSocket(.audit, in: namespace)
    }

    /// A non-blocking socket that receives every record (AUDIT_NLGRP_READLOG), for handing to a
    /// reader without capabilities; give its datagrams to `AuditDatagram.read`.
    package static func openLog(
        in namespace: borrowing Descriptor
    ) throws(SystemFailure) -> Descriptor {
        let log = try NetlinkSocket(.audit, in: namespace, groups: 1)
        _ = bh_force_receive_buffer(log.descriptor.number, 16 << 20)
        try log.descriptor.setNonBlocking()
        return log.release()
    }

    package mutating func status() throws(SystemFailure) -> AuditStatus {
        let number = socket.nextSequence()
        var writer = MessageWriter()
        writer.message(type: Self.getStatus, flags: 0, sequence: number) { _ in }
        try socket.send(writer.bytes)
        for _ in 0..<Self.answersMax {
            let datagram = try socket.receive()
            var offset = 0
            guard let header = try? MessageReader.next(in: datagram.span, at: &offset),
                header.sequence == number
            else { continue }
            if header.type == MessageHeader.error {
                let code = 0 &- datagram.span.u32(header.payload.lowerBound)
                throw SystemFailure("audit", "status", errno: Int32(truncatingIfNeeded: code))
            }
            if let status = AuditStatus(datagram.span, header.payload) { return status }
        }
        throw SystemFailure("audit", "status", errno: EBADMSG)
    }

    /// Switches audit on, unless a daemon runs or it is on already, with one rule that keeps it
    /// from looking at any task's system calls: only denials are recorded then.
    package mutating func engage() throws(SystemFailure) -> AuditEngagement {
        let before = try status()
        var change = AuditEngagement(enabledBefore: nil, backlogBefore: nil, addedRule: false)
        if before.daemon != 0 || before.enabled == 2 { return change }
        if before.enabled == 0 {
            // The rule first: no task may start being audited in between. EEXIST: an earlier
            // run of ours was killed before it could take the rule back.
            try socket.perform(
                [Self.rule(Self.addRule)], tolerated: [EEXIST], subject: { _ in "audit rule" })
            change.addedRule = true
        }
        if before.backlogLimit < Self.backlog {
            try set(mask: 0x10, backlog: Self.backlog)
            change.backlogBefore = before.backlogLimit
        }
        if before.enabled == 0 {
            try set(mask: 0x1, enabled: 1)
            change.enabledBefore = 0
        }
        return change
    }

    /// Puts back what `engage` changed; a daemon that started meanwhile keeps audit on.
    package mutating func restore(_ change: AuditEngagement) throws(SystemFailure) {
        let now = try status()
        if now.daemon == 0, now.enabled != 2 {
            if let enabled = change.enabledBefore { try set(mask: 0x1, enabled: enabled) }
            if let limit = change.backlogBefore { try set(mask: 0x10, backlog: limit) }
        }
        if change.addedRule {
            try socket.perform(
                [Self.rule(Self.deleteRule)], tolerated: [ENOENT], subject: { _ in "audit rule" })
        }
    }

    private mutating func set(
        mask: UInt32, enabled: UInt32 = 0, backlog: UInt32 = 0
    ) throws(SystemFailure) {
        let request = Request(Self.setStatus) { writer in
            for word in [mask, enabled, 0, 0, 0, backlog, 0, 0, 0, 0, 0] { writer.word(word) }
        }
        try socket.perform([request], subject: { _ in "audit status" })
    }

    /// `task,never`: no task gets an audit context, so system calls cost nothing.
    private static func rule(_ type: UInt16) -> Request {
        Request(type) { writer in
            writer.word(1)
            writer.word(0)
            writer.word(0)
            // No fields, no strings; the system call mask must be full for the task list.
            for _ in 0..<64 { writer.word(.max) }
            writer.zeroes(64 * 4 * 3 + 4)
        }
    }
}

extension AuditStatus {
    /// Nil when the bytes are too few.
    fileprivate init?(_ bytes: Span<UInt8>, _ payload: Range<Int>) {
        guard payload.count >= 32 else { return nil }
        let at = payload.lowerBound
        self.init(
            enabled: bytes.u32(at + 4), daemon: bytes.u32(at + 12),
            backlogLimit: bytes.u32(at + 20), lost: bytes.u32(at + 24))
    }
}
