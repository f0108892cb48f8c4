// Coverage-guided fuzzing of every parser that takes bytes from somebody less trusted.
// usage: fuzz DOOR [libFuzzer's arguments]; fuzz (alone) lists the doors; fuzz DOOR --seeds DIR
// writes the inputs to begin with.
import CFuzzDriver
import Descriptors
import Findings
import Glibc

let words = CommandLine.arguments.dropFirst()
guard let name = words.first else {
    for door in Door.all { print(door.name) }
    exit(0)
}
guard let door = Door.all.first(where: { $0.name == name }) else {
    print("fuzz: there is no door \(name)")
    exit(2)
}
if words.dropFirst().first == "--seeds", let folder = words.dropFirst(2).first {
    try Files.makeDirectories(folder)
    for (number, seed) in door.seeds().enumerated() {
        try Files.create("\(folder)/seed-\(number)").writeAll(seed)
    }
    exit(0)
}
Door.select(door)
// The first word is the door's, the rest libFuzzer's.
let arguments = [CommandLine.arguments[0]] + words.dropFirst()
let status = unsafe CStrings.with(arguments) { list in
    // SAFETY: the strings live until the call returns, and the bytes for one call of the closure.
    unsafe fuzz_drive(Int32(arguments.count), UnsafeMutablePointer(mutating: list)) {
        bytes, count in
        unsafe Door.open(UnsafeBufferPointer(start: bytes, count: count))
        return 0
    }
}
exit(status)
