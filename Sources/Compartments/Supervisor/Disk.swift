internal import CLinux
internal import Confinement
internal import Descriptors
internal import Findings
internal import Glibc

/// A service's own disk: an ext4 image of the planned size, so that filling it fills nothing else.
///
/// The image is mounted detached, on a loop device that frees itself: when the supervisor and the
/// compartment are gone, however they went, nothing of the mount is left on the host.
struct Disk {
    private let image: String
    private let name: String
    private let bytes: UInt64
    private let uid: UInt32

    init(places: Places, plan: CompartmentPlan, uid: UInt32) {
        image = places.image(of: plan.name)
        name = plan.name
        bytes = plan.diskBytes
        self.uid = uid
    }

    private static let programs = ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"]

    /// Images made at the same time, at most: each waits for the real disk, not for a processor.
    private static let formatsMax = 4

    /// Makes the images of the disks that have none.
    static func format(_ disks: [Disk]) throws {
        var waiting = disks.filter { Files.facts(of: $0.image) == nil }[...]
        var running: [(disk: Disk, process: Int32)] = []
        var first: (any Error)?
        while true {
            while first == nil, running.count < formatsMax, let disk = waiting.popFirst() {
                do { running.append((disk, try disk.startFormat())) } catch { first = error }
            }
            // Whatever failed, nothing is left that still writes to an image.
            guard !running.isEmpty else { break }
            let (disk, process) = running.removeFirst()
            do { try disk.finishFormat(process) } catch { first = first ?? error }
        }
        if let first { throw first }
    }

    /// Mounts the image.
    func open() throws -> Descriptor {
        try waitUntilFree()
        let number = unsafe bh_detached_image(image)
        guard number >= 0 else {
            throw Failure(
                .machine, "disk", "cannot mount the disk of \(name) (errno \(-number))",
                remedy: "the machine needs loop devices and ext4; see `bulkhead doctor`")
        }
        let mount = Descriptor(owning: number)
        let owned = bh_own_mount(mount.number, uid, uid, 0o700)
        guard owned == 0 else { throw SystemFailure("fchown", image, errno: -owned) }
        return mount
    }

    private var draft: String { image + ".new" }

    private func startFormat() throws -> Int32 {
        try Files.remove(draft)
        let made = unsafe bh_sparse_file(draft, bytes)
        guard made == 0 else { throw SystemFailure("create", draft, errno: -made) }
        guard let program = Self.programs.first(where: { Files.facts(of: $0) != nil }) else {
            throw Failure(
                .machine, "disk", "mkfs.ext4 is missing, so \(name) can have no disk",
                remedy: "apt-get install e2fsprogs")
        }
        let null = try Files.open("/dev/null")
        return try Program.start(
            program,
            ["-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,root_owner=\(uid):\(uid)", draft],
            null: null.number)
    }

    private func finishFormat(_ process: Int32) throws {
        let status = try Program.finish(process)
        guard status == 0 else {
            throw Failure(
                .machine, "disk", "mkfs.ext4 failed for \(name) (status \(status))",
                remedy: "free space below \(image)")
        }
        guard unsafe rename(draft, image) == 0 else {
            throw SystemFailure("rename", image, errno: errno)
        }
    }

    /// After a `kill -9` the kernel still unmounts in the background for a moment; a second mount
    /// of the same image meanwhile would destroy it.
    private func waitUntilFree() throws {
        for _ in 0..<2_000 {
            let devices = ((try? Files.list("/sys/block")) ?? []).filter { $0.hasPrefix("loop") }
            let busy = devices.contains { device in
                let path = "/sys/block/\(device)/loop/backing_file"
                let text = (try? Files.read(path, limit: 8192)) ?? []
                return String(decoding: text, as: UTF8.self).hasPrefix(image)
            }
            if !busy { return }
            usleep(5_000)
        }
        throw Failure(
            .refused, "disk-busy", "the disk of \(name) is still in use",
            remedy: "find its user with `losetup -j \(image)`")
    }
}

/// Runs host programs; root's own tools only, never a service's.
enum Program {
    static func start(
        _ path: String, _ arguments: [String], null: Int32
    ) throws(SystemFailure) -> Int32 {
        let fds: [Int32] = [null, null, null]
        var pid: Int32 = 0
        let started = unsafe CStrings.with([path] + arguments) { argv in
            unsafe CStrings.with(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]) { envp in
                unsafe bh_spawn(path, argv, envp, fds, fds.count, &pid)
            }
        }
        guard started == 0 else { throw SystemFailure("spawn", path, errno: -started) }
        return pid
    }

    /// The status of a started program; waits for its end.
    static func finish(_ pid: Int32) throws(SystemFailure) -> Int32 {
        var status: Int32 = 0
        guard unsafe bh_reap(pid, &status, 1) == pid else {
            throw SystemFailure("waitpid", "process \(pid)", errno: ECHILD)
        }
        return status
    }
}
