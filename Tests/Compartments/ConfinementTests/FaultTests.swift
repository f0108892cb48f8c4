import CJailPlan
import Confinement
import Descriptors
import Glibc
import Processes
import Testing

/// Each step that fails ends the jail and names itself.
@Suite(
    "Faults of the jail",
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(if: Workshop.shared != nil, "needs a C compiler and static libraries"))
struct FaultTests {
    let workshop: Workshop

    init() throws { workshop = try #require(Workshop.shared) }

    typealias Change = @Sendable (inout JailOrder, inout Cell.Extras, Workshop) -> Void

    private static func tree(_ source: String, at target: String = "/x") -> MountPlan {
        .tree(source: source, target: target, executable: false)
    }

    /// Overwrites the value of the first record of a type.
    private static func patch(
        _ bytes: [UInt8], type: UInt8, at offset: Int, with value: UInt8
    ) -> [UInt8] {
        var bytes = bytes
        var at = 8
        while at + 8 <= bytes.count {
            if bytes[at] == type {
                bytes[at + 8 + offset] = value
                return bytes
            }
            at += 8 + (0..<4).reduce(0) { $0 | Int(bytes[at + 4 + $1]) << (8 * $1) }
        }
        return bytes
    }

    static let faults: [(String, String, Change)] = [
        (
            "a missing source", "tree \(ENOENT)",
            { order, _, _ in order.compartment.mounts.append(tree("/nowhere/at/all")) }
        ),
        (
            "a symbolic link as source", "tree \(ELOOP)",
            { order, _, shop in order.compartment.mounts.append(tree(shop.folder + "/link")) }
        ),
        (
            "a symbolic link on the way", "tree \(ELOOP)",
            { order, _, _ in order.compartment.mounts.append(tree("/proc/self/status")) }
        ),
        (
            "a source that others may write", "tree \(EPERM)",
            { order, _, shop in order.compartment.mounts.append(tree(shop.folder + "/writable")) }
        ),
        (
            "a source that is no file", "tree \(EINVAL)",
            { order, _, _ in order.compartment.mounts.append(tree("/dev/null")) }
        ),
        (
            "another device than its name says", "device \(ENODEV)",
            { _, extras, _ in extras.change = { patch($0, type: 0x36, at: 0, with: 5) } }
        ),
        (
            "bytes that are no plan", "plan \(EBADMSG)",
            { _, extras, _ in extras.change = { _ in Array("no plan at all".utf8) } }
        ),
        (
            "a plan over its bound", "plan \(EFBIG)",
            { _, extras, _ in extras.change = { $0 + [UInt8](repeating: 0, count: 1 << 20) } }
        ),
        ("an empty plan", "plan \(EFBIG)", { _, extras, _ in extras.change = { _ in [] } }),
        (
            "a plan that can still change", "seals \(EPERM)",
            { _, extras, _ in extras.sealed = false }
        ),
        (
            "no network namespace", "descriptors \(EBADF)",
            { _, extras, _ in extras.hasNamespace = false }
        ),
        (
            "a state directory that did not come", "descriptors \(EBADF)",
            { order, _, _ in order.compartment.mounts.append(.state(target: "/state")) }
        ),
        (
            "more descriptors than the limit has room for", "descriptors \(EMFILE)",
            { order, extras, _ in
                order.compartment.files = 16
                extras.handed = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            }
        ),
        (
            "a notify socket that is none", "notify \(ENOTSOCK)",
            { order, extras, shop in
                order.hasNotify = true
                extras.notify = shop.program
            }
        ),
        (
            "a mount below a file", "mount \(ENOTDIR)",
            { order, _, _ in
                order.compartment.mounts.append(.scratch(target: "/bin/inside/x", bytes: 4096))
            }
        ),
        (
            "a target that is a symbolic link", "mount \(ELOOP)",
            { order, _, _ in
                order.compartment.mounts += [
                    .link(target: "/out", to: "/etc"), .scratch(target: "/out", bytes: 4096),
                ]
            }
        ),
        (
            "a target behind a symbolic link", "mount \(ELOOP)",
            { order, _, _ in
                order.compartment.mounts += [
                    .link(target: "/out", to: "/etc"),
                    .file(target: "/out/passwd", contents: [1]),
                ]
            }
        ),
        (
            "two files at one place", "mount \(EEXIST)",
            { order, _, _ in
                order.compartment.mounts.append(.file(target: "/etc/secret", contents: []))
            }
        ),
        (
            "a program that is not in the root", "program \(ENOENT)",
            { order, _, _ in order.compartment.program = "/bin/outside" }
        ),
        (
            "another program than the one that was hashed", "program \(ESTALE)",
            { _, extras, shop in extras.program = shop.jail }
        ),
        (
            "a Landlock path that is not there", "rules \(ENOENT)",
            { order, _, _ in order.compartment.paths.append(PathRule("/absent", .read)) }
        ),
        (
            "a filter that the kernel refuses", "filter \(EINVAL)",
            { order, _, _ in order.compartment.filter = [0xFF, 0xFF, 0, 0, 0, 0, 0, 0] }
        ),
        (
            "a pid 1 filter that the kernel refuses", "init-filter \(EINVAL)",
            { order, _, _ in order.compartment.initFilter = [0xFF, 0xFF, 0, 0, 0, 0, 0, 0] }
        ),
        (
            "a program that may not be executed", "exec \(EACCES)",
            { order, _, _ in order.compartment.paths.removeFirst() }
        ),
        (
            "a program that is no program", "exec \(EACCES)",
            { order, extras, shop in
                extras.program = shop.folder + "/inside.c"
                order.compartment.mounts[0] = .tree(
                    source: shop.folder + "/inside.c", target: "/bin/inside", executable: true)
            }
        ),
    ]

    @Test("a failing step names itself and its errno, and nothing runs", arguments: faults)
    func fault(_ name: String, _ expected: String, _ change: Change) throws {
        let link = workshop.folder + "/link"
        _ = unsafe symlink("/etc/passwd", link)
        let writable = workshop.folder + "/writable"
        _ = try? Files.create(writable)
        _ = unsafe chmod(writable, 0o666)
        var order = workshop.order(workshop.plan(["pid"]))
        var extras = Cell.Extras()
        change(&order, &extras, workshop)
        let cell = try Cell(workshop, order, extras)
        let outcome = try cell.finish()
        #expect(outcome.failure == expected, "\(name)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.status == nil)
    }
}
