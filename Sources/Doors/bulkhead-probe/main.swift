// The attacker's seat: stands in a program's place during a drill, under the same walls, and tries.
internal import Breach
internal import Glibc
internal import Techniques

exit(Errand.run(open: CommandLine.arguments.contains("--open")))
