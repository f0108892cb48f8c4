package import AuditTreaty
internal import Descriptors

/// Reads records of a trail without judging its head: for showing, and for following a live one.
package enum TrailReader {
    /// How far a reading came.
    package struct Reading: Sendable, Equatable {
        /// Index of the first record that was not delivered.
        package var next: UInt64
        /// What stopped it, when that was not the end.
        package var fault: TrailFault?
        package var unreadable: String?
    }

    /// Delivers records from `index` on, until the end, a fault, or `each` returns false.
    ///
    /// Starts at the last segment that begins at or before the index and believes that segment's
    /// own claim of the chain before it; `TrailVerifier` is what checks a whole trail.
    package static func read(
        _ directory: TrailDirectory, from index: UInt64 = 0,
        each: (TrailFrame, EventMessage) -> Bool
    ) -> Reading {
        var reading = Reading(next: index)
        let segments: [TrailDirectory.Segment]
        do throws(SystemFailure) { segments = try directory.segments() } catch {
            reading.unreadable = error.description
            return reading
        }
        guard !segments.isEmpty else { return reading }
        var first = segments.count - 1
        while first > 0,
            (TrailRecovery.claim(directory, segments[first].number)?.next ?? .max) > index
        {
            first -= 1
        }
        guard let link = TrailRecovery.claim(directory, segments[first].number) else {
            return reading
        }
        var scan = TrailScan(directory, Array(segments[first...]), from: link)
        while true {
            switch scan.next() {
            case .segment: continue
            case .frame(let frame):
                guard frame.index >= index else { continue }
                guard let message = try? EventMessage.decode(frame.payload) else {
                    let offset = scan.offset - UInt64(frame.payload.count + TrailFrame.overhead)
                    reading.fault = TrailFault(
                        .framePayload, file: scan.name, offset: offset, index: frame.index)
                    return reading
                }
                guard each(frame, message) else { return reading }
                reading.next = frame.index + 1
            case .end: return reading
            case .bad(let fault):
                reading.fault = fault
                return reading
            case .unreadable(let text):
                reading.unreadable = text
                return reading
            }
        }
    }
}
