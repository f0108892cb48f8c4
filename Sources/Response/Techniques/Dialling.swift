internal import Addresses
internal import Breach
internal import CLinux
internal import Glibc

/// Numbers that Debian 12's headers lack or hide.
enum Constant {
    static let ipFreebind: Int32 = 15
    static let ipTransparent: Int32 = 19
    static let ipHeaderIncluded: Int32 = 3
    static let tcpFastopenConnect: Int32 = 30
    static let messageFastopen: Int32 = 0x2000_0000
    static let familyPacket: Int32 = 17
    static let familyNetlink: Int32 = 16
    static let familyALG: Int32 = 38
    static let familyVsock: Int32 = 40
    static let protocolICMP: Int32 = 1
    static let protocolTCP: Int32 = 6
    static let protocolUDP: Int32 = 17
    static let protocolSCTP: Int32 = 132
    static let protocolUDPLite: Int32 = 136
    static let protocolMPTCP: Int32 = 262
    static let streamType: Int32 = 1
    static let datagramType: Int32 = 2
    static let rawType: Int32 = 3
    static let quiet: Int32 = 0x4000
    static let notWaiting: Int32 = 0x40
    static let nonBlockingClosed: Int32 = 0x80800
    /// Port on which the open twin's victims say what they received.
    static let noticePort: UInt16 = 47471
}

/// How long a packet may take: the fabric answers within a millisecond or never.
let patienceMilliseconds = 300
private let chunk = 48

/// A new socket, non-blocking and closed on exec.
func makeSocket(_ family: Int32, _ type: Int32, _ number: Int32 = 0) throws(Refusal) -> Int {
    try call(
        SYS_socket, Argument(family), Argument(type | Constant.nonBlockingClosed),
        Argument(number), about: "socket(\(family), \(type), \(number))")
}

func setOption(
    _ descriptor: Int, _ level: Int32, _ name: Int32, _ value: Int32 = 1
) throws(Refusal) {
    try call(
        SYS_setsockopt, Argument(descriptor), Argument(level), Argument(name),
        Argument(Memory(Layout.word(value))), 4, about: "option \(level).\(name)")
}

func bind(_ descriptor: Int, _ address: Address, _ port: UInt16) throws(Refusal) {
    try call(
        SYS_bind, Argument(descriptor), Argument(Memory(Layout.address(address, port: port))), 16,
        about: "bind \(address):\(port)")
}

/// Starts a connection; one that is under way counts as started.
func connect(_ descriptor: Int, _ address: Address, _ port: UInt16) throws(Refusal) {
    do throws(Refusal) {
        try call(
            SYS_connect, Argument(descriptor),
            Argument(Memory(Layout.address(address, port: port))), 16,
            about: "connect \(address):\(port)")
    } catch  where error.errno == EINPROGRESS {}
}

/// Whether it is a TCP socket that takes connections.
func isListening(_ descriptor: Int) -> Bool {
    let wanted = [
        (SO_DOMAIN, AF_INET), (SO_PROTOCOL, Int32(IPPROTO_TCP)), (SO_ACCEPTCONN, 1),
    ]
    return wanted.allSatisfy { name, value in
        let room = Memory(zeroes: 4)
        let size = Memory(Layout.word(UInt32(4)))
        let got = try? call(
            SYS_getsockopt, Argument(descriptor), Argument(SOL_SOCKET), Argument(name),
            Argument(room), Argument(size))
        return got != nil && room.integer(Int32.self, at: 0) == value
    }
}

/// Dissolves a socket's connection or its listening.
func disconnect(_ descriptor: Int) throws(Refusal) {
    try call(
        SYS_connect, Argument(descriptor), Argument(Memory([UInt8](repeating: 0, count: 16))), 16,
        about: "connect to no family")
}

func write(_ descriptor: Int, _ bytes: [UInt8]) throws(Refusal) {
    try call(SYS_write, Argument(descriptor), Argument(Memory(bytes)), Argument(bytes.count))
}

/// What comes in the time; empty if nothing does.
///
/// A refusal by the peer's kernel is thrown.
func receive(_ descriptor: Int, milliseconds: Int = 60) throws(Refusal) -> [UInt8] {
    let room = Memory(zeroes: 2048)
    for _ in 0...(milliseconds / 5) {
        do throws(Refusal) {
            let got = try call(SYS_read, Argument(descriptor), Argument(room), 2048)
            return room.bytes(got)
        } catch  where error.errno == EAGAIN { pause(milliseconds: 5) }
    }
    return []
}

/// What a dialled socket came to.
private enum Answer {
    case waiting
    case connected
    case reset
    case failed(Refusal)
}

/// Asks by writing, which every role may do: a socket still connecting says EAGAIN.
private func state(of descriptor: Int, mark: [UInt8]) -> Answer {
    do throws(Refusal) {
        try write(descriptor, mark)
        return .connected
    } catch {
        switch error.errno {
        case EAGAIN: return .waiting
        case ECONNREFUSED, ECONNRESET: return .reset
        default: return .failed(error)
        }
    }
}

/// Dials every target side by side.
///
/// Through: a connection, or a reset, which only a machine that the packet reached can send.
/// Unanswered ones are touches that a wall's record must name.
func dialAll(
    _ targets: [Target], _ seat: inout Seat, none: String, resetIsThrough: Bool = true,
    opening: (Target) throws(Refusal) -> Int
) throws(Refusal) -> Outcome {
    guard !targets.isEmpty else { return .inapplicable(none) }
    var first: Refusal?
    var unanswered = 0
    var start = 0
    while start < targets.count {
        let part = targets[start..<min(start + chunk, targets.count)]
        start += chunk
        var waiting: [(descriptor: Int, target: Target)] = []
        defer { for item in waiting { close(item.descriptor) } }
        for target in part {
            do throws(Refusal) {
                waiting.append((try opening(target), target))
            } catch { first = first ?? error }
        }
        var left = patienceMilliseconds
        while left > 0, !waiting.isEmpty {
            var rest: [(descriptor: Int, target: Target)] = []
            for item in waiting {
                let place = "\(item.target.address):\(item.target.port)"
                switch state(of: item.descriptor, mark: seat.mark) {
                case .waiting: rest.append(item)
                case .connected:
                    let reply = (try? receive(item.descriptor)) ?? []
                    return .through("connected to \(place), \(reply.count) bytes came back")
                case .reset where resetIsThrough: return .through("\(place) answered by a reset")
                case .reset:
                    close(item.descriptor)
                    first =
                        first
                        ?? unsuccessful("nothing listens at \(place)", errno: ECONNREFUSED)
                case .failed(let refusal):
                    close(item.descriptor)
                    first = first ?? refusal
                }
            }
            waiting = rest
            if !waiting.isEmpty { pause(milliseconds: 10) }
            left -= 10
        }
        for item in waiting {
            seat.touch(item.target)
            unanswered += 1
        }
    }
    if unanswered > 0 {
        throw Refusal(
            call: UInt16(SYS_connect), errno: ETIMEDOUT,
            detail: "\(unanswered) of \(targets.count) unanswered"
                + (first.map { ", others refused with errno \($0.errno)" } ?? ""))
    }
    throw first ?? unsuccessful("no target could be dialled")
}

/// Sends one datagram to each target.
///
/// Through: a reply, or an unreachable port, which only the machine that got the datagram reports.
func sendAll(
    _ targets: [Target], _ seat: inout Seat, none: String, payload: [UInt8],
    opening: (Target) throws(Refusal) -> Int
) throws(Refusal) -> Outcome {
    guard !targets.isEmpty else { return .inapplicable(none) }
    var first: Refusal?
    var sent: [(descriptor: Int, target: Target)] = []
    defer { for item in sent { close(item.descriptor) } }
    for target in targets.prefix(chunk) {
        do throws(Refusal) {
            let descriptor = try opening(target)
            seat.touch(target)
            do throws(Refusal) { try write(descriptor, payload) } catch {
                close(descriptor)
                throw error
            }
            sent.append((descriptor, target))
        } catch { first = first ?? error }
    }
    for _ in 0..<12 where !sent.isEmpty {
        for item in sent {
            let place = "\(item.target.address):\(item.target.port)"
            do throws(Refusal) {
                let reply = try receive(item.descriptor, milliseconds: 0)
                if !reply.isEmpty { return .through("\(place) answered \(reply.count) bytes") }
            } catch  where error.errno == ECONNREFUSED {
                return .through("\(place) reported the port unreachable")
            } catch { first = first ?? error }
        }
        pause(milliseconds: 10)
    }
    guard sent.isEmpty else { return .sent("\(sent.count) of \(targets.count) sent, no reply") }
    throw first ?? unsuccessful("nothing could be sent")
}
