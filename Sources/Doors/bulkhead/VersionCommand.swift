internal import Arguments
internal import Findings
internal import Notation

/// Facts of this build, known when it was compiled.
enum Build {
    static let version = "0.1.0"

    static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #else
            "other"
        #endif
    }

    static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #else
            "6.3"
        #endif
    }
}

extension Verb {
    static let version = Verb(
        Usage("version", about: "Prints what this build is", flags: [.json])
    ) { arguments throws(Failure) in
        if arguments.has("json") {
            let facts: JSON = [
                "name": "bulkhead", "version": .text(Build.version),
                "architecture": .text(Build.architecture),
                "configuration": .text(Build.configuration), "swift": .text(Build.swift),
            ]
            Output.line(facts.renderPretty())
        } else {
            Output.line(
                "bulkhead \(Build.version) (\(Build.architecture), \(Build.configuration), "
                    + "Swift \(Build.swift))")
        }
        return .good
    }
}
