internal import Findings
internal import Glibc

exit(run(CommandLine.arguments.dropFirst().map { $0 }).rawValue)
