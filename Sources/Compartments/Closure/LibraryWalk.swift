package import Descriptors
package import Findings

/// Follows the libraries that programs name, as the loader would, and remembers what it read.
package struct LibraryWalk: Sendable {
    private let directories: LibraryDirectories
    private let links: [Closure.Link]
    private var images: [String: ElfImage?] = [:]
    let ownership: Ownership

    #if arch(arm64)
        private static let machine: UInt16 = 183
        private static let platform = "aarch64"
    #else
        private static let machine: UInt16 = 62
        private static let platform = "x86_64"
    #endif

    package init(directories: LibraryDirectories = .host(), ownership: Ownership) {
        self.directories = directories
        self.ownership = ownership
        links = ["/bin", "/lib", "/lib64", "/sbin"].compactMap { path in
            guard let facts = Files.facts(at: path), facts.mode & 0o170000 == 0o120000,
                let real = Files.resolve(path)
            else { return nil }
            return Closure.Link(target: path, to: String(real.dropFirst()))
        }
    }

    /// Links of the root's first level, as this host has them.
    package var rootLinks: [Closure.Link] { links }

    /// A path of the root with the first-level links followed: `/bin/sh` is `/usr/bin/sh`.
    package func rooted(_ path: String) -> String {
        let normal = HostFile.normal(path)
        for link in links where normal == link.target || normal.hasPrefix(link.target + "/") {
            return "/" + link.to + normal.dropFirst(link.target.count)
        }
        return normal
    }

    /// Adds what a program needs, or says why it cannot run in a compartment.
    package mutating func add(program path: String, to closure: inout Closure) throws(Failure) {
        let image = try program(path)
        if let interpreter = image.interpreter {
            guard let real = Files.resolve(interpreter) else {
                throw Failure(
                    .refused, "loader-missing", "\(path) needs the loader \(interpreter)",
                    remedy: "install the libraries it was built for")
            }
            try checkOwner(real)
            try closure.add(loader: .init(source: real, target: place(of: interpreter)))
        }
        try follow(image, at: path, program: image, into: &closure, mustFind: true)
    }

    /// Adds what a library or program inside a mounted tree needs.
    ///
    /// Trees hold optional plug-ins, so a library that is nowhere is passed over.
    package mutating func add(plugin path: String, to closure: inout Closure) throws(Failure) {
        guard let image = image(path) else { return }
        if let interpreter = image.interpreter, let real = Files.resolve(interpreter) {
            try checkOwner(real)
            try closure.add(loader: .init(source: real, target: place(of: interpreter)))
        }
        try follow(image, at: path, program: image, into: &closure, mustFind: false)
    }

    /// Whether the file is code of this machine.
    package mutating func isCode(_ path: String) -> Bool { image(path) != nil }

    private func program(_ path: String) throws(Failure) -> ElfImage {
        let result = HostFile.withBytes(of: path) { source in
            do throws(ElfImage.Fault) {
                return Result<ElfImage, ElfImage.Fault>.success(try ElfImage.parse(source))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let image) where image.machine == Self.machine: return image
        case .failure(.script):
            throw Failure(
                .refused, "program-script",
                "\(path) is a script, and the kernel would start "
                    + "whatever its first line names",
                remedy: "name its interpreter first: run: [/usr/bin/python3.11, \(path)]")
        case .none:
            throw Failure(
                .refused, "program-unreadable", "\(path) cannot be opened",
                remedy: "make it and the directories above it readable: chmod go+rx")
        default:
            throw Failure(
                .refused, "program-format", "\(path) is not a 64-bit program of this machine",
                remedy: "name a program built for \(Self.platform)")
        }
    }

    private func checkOwner(_ path: String) throws(Failure) {
        guard let facts = Files.facts(at: path) else { return }
        try ownership.check(path, facts)
    }

    private mutating func image(_ path: String) -> ElfImage? {
        if let known = images[path] { return known }
        let read = HostFile.withBytes(of: path) { source in try? ElfImage.parse(source) }
        let image = (read ?? nil).flatMap { $0.machine == Self.machine ? $0 : nil }
        images[path] = image
        return image
    }

    private mutating func follow(
        _ first: ElfImage, at path: String, program: ElfImage, into closure: inout Closure,
        mustFind: Bool
    ) throws(Failure) {
        var waiting: [(image: ElfImage, path: String)] = [(first, path)]
        var seen: Set<String> = []
        while let (image, path) = waiting.popLast() {
            for name in image.needed + Self.loadedLater(image) {
                guard let found = find(name, for: image, at: path, program: program) else {
                    if !mustFind || name == Self.unwinder { continue }
                    throw Failure(
                        .refused, "library-missing", "\(path) needs \(name), which is nowhere",
                        remedy: "install the package that holds \(name)")
                }
                guard seen.insert(found.file.target).inserted else { continue }
                try checkOwner(found.file.source)
                try closure.add(library: found.file)
                if let link = found.link { closure.add(link: link) }
                if let next = self.image(found.file.source) {
                    waiting.append((next, found.file.source))
                }
            }
        }
    }

    /// The C library names its unwinder nowhere, and loads it when a thread ends early; without it
    /// that aborts the whole program.
    private static let unwinder = "libgcc_s.so.1"

    private static func loadedLater(_ image: ElfImage) -> [String] {
        image.needed.contains("libc.so.6") ? [unwinder] : []
    }

    private mutating func find(
        _ name: String, for image: ElfImage, at path: String, program: ElfImage
    ) -> (file: Closure.File, link: Closure.Link?)? {
        if name.contains("/") {
            guard let real = Files.resolve(name), self.image(real) != nil else { return nil }
            return (.init(source: real, target: place(of: name)), nil)
        }
        let stated = image.runpath.isEmpty ? image.rpath + program.rpath : image.runpath
        for pattern in stated {
            let folder = expand(pattern, origin: HostFile.directory(of: path))
            if let file = library(name, in: folder) {
                return (file, link(for: folder))
            }
        }
        // Configured directories come first on the host, but nothing configures the loader inside:
        // what is found there stands in the loader's own directory.
        for folder in directories.configured {
            if let file = library(name, in: folder) {
                let isKnown = directories.builtIn.contains {
                    place(of: $0 + "/" + name) == file.target
                }
                let target = isKnown ? file.target : "/usr/\(LibraryDirectories.library)/\(name)"
                return (.init(source: file.source, target: target), nil)
            }
        }
        for folder in directories.builtIn {
            if let file = library(name, in: folder) { return (file, nil) }
        }
        return nil
    }

    private mutating func library(_ name: String, in folder: String) -> Closure.File? {
        let path = folder + "/" + name
        guard let real = Files.resolve(path), image(real) != nil else { return nil }
        return .init(source: real, target: place(of: path))
    }

    // The path with links in its directories resolved, its own name kept.
    private func place(of path: String) -> String {
        let folder = HostFile.directory(of: path)
        return (Files.resolve(folder) ?? folder) + "/" + HostFile.name(of: path)
    }

    // A stated directory that reaches the library through a link needs that link inside too.
    private func link(for folder: String) -> Closure.Link? {
        let rooted = rooted(folder)
        guard let real = Files.resolve(folder), real != rooted else { return nil }
        return .init(target: rooted, to: real)
    }

    private func expand(_ pattern: String, origin: String) -> String {
        var result = ""
        var rest = Substring(pattern)
        let values = [
            ("$ORIGIN", origin), ("${ORIGIN}", origin), ("$LIB", LibraryDirectories.library),
            ("${LIB}", LibraryDirectories.library), ("$PLATFORM", Self.platform),
            ("${PLATFORM}", Self.platform),
        ]
        while let first = rest.first {
            if let (name, value) = values.first(where: { rest.hasPrefix($0.0) }) {
                result += value
                rest = rest.dropFirst(name.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return HostFile.normal(result)
    }
}
