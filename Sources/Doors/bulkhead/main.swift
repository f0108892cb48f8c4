internal import Glibc

exit(run(CommandLine.arguments.dropFirst().map { $0 }).rawValue)
