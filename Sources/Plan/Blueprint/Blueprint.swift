// Blueprint: reads a platform file (YAML) into the typed `Platform`. It never opens a
// file, never asks a clock and never guesses: folder and day are handed in, and what is not in the
// table of keys is an error. Bounds: 10 MiB, 32 levels, a million values, 1,000 findings.
internal import Crew
package import Findings
package import Platform

/// Reading platform files.
package enum Blueprint {
    /// Most bytes of a platform file.
    package static let bytesMax = 10 << 20

    /// Codes of findings that mean the text could not be read at all.
    package static let unreadableCodes: Set<String> = [
        "too-big", "not-utf8", "not-yaml", "empty", "more-documents", "too-deep", "too-many-nodes",
    ]

    /// The platform that the bytes describe, and everything found on the way.
    ///
    /// `folder` is the absolute path of the file's folder, for relative paths; `today` counts days
    /// since 1970-01-01 and decides which flows have expired. The platform is nil when any finding
    /// is an error. Findings come in the order of the file, all at once.
    package static func read(
        _ bytes: [UInt8], folder: String, today: Int
    ) -> (platform: Platform?, findings: [Finding]) {
        var report = Report()
        guard let root = Composer.compose(bytes, &report) else { return (nil, report.finish()) }
        // Neither needs the other: what has a wrong shape is left out where names are resolved.
        let (_, meaning) = Crew.both {
            ShapeCheck.check(root, &report)
        } _: {
            var own = Report()
            let names = Names(root, &own)
            var reader = Reader(names: names, folder: folder, today: today, report: own)
            let platform = reader.platform(root)
            return (platform: platform, report: reader.report)
        }
        report.append(meaning.report)
        let findings = report.finish()
        return (report.hasErrors ? nil : meaning.platform, findings)
    }

    /// The code of a finding about a flow whose last day is over.
    package static let expiredCode = "expired-flow"

    /// What the bytes describe while every flow's day lasted; nil when anything else is an error.
    package static func lapsed(_ bytes: [UInt8], folder: String) -> Platform? {
        // Days are counted from 1970, and no flow has one before.
        read(bytes, folder: folder, today: 0).platform
    }
}
