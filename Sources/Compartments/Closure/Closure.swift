// Closure: from a program's path, every file that its compartment's root must hold.
//
// Reads ELF headers, directories and the loader's configuration; executes nothing (so no ldd) and
// opens nothing for writing. Bounds: 2,048 libraries a closure, 50,000 entries and 32 levels a tree.

internal import Findings

/// The files and links of a compartment's root that come from the host.
package struct Closure: Sendable, Equatable {
    /// A host file and where it stands in the root.
    package struct File: Sendable, Hashable, Comparable {
        /// Real path on the host, every symbolic link resolved.
        package let source: String
        package let target: String

        package static func < (left: File, right: File) -> Bool { left.target < right.target }
    }
    /// A symbolic link of the root.
    package struct Link: Sendable, Hashable, Comparable {
        package let target: String
        package let to: String

        package static func < (left: Link, right: Link) -> Bool { left.target < right.target }
    }

    /// Libraries and loaders, sorted by target.
    ///
    /// Programs and trees themselves are not among them.
    package private(set) var libraries: [File] = []
    /// The loaders among them, by target: executing a program executes its loader too.
    package private(set) var loaders: Set<String> = []
    /// Links that paths inside programs need, sorted.
    package private(set) var links: [Link] = []

    static let librariesMax = 2048

    package init() {}

    mutating func add(library: File) throws(Failure) {
        guard !libraries.contains(library) else { return }
        guard libraries.count < Self.librariesMax else {
            throw Failure(
                .refused, "closure-large", "more than \(Self.librariesMax) libraries are needed",
                remedy: "mount fewer trees")
        }
        libraries.append(library)
        libraries.sort()
    }

    mutating func add(loader: File) throws(Failure) {
        loaders.insert(loader.target)
        try add(library: loader)
    }

    mutating func add(link: Link) {
        guard !links.contains(where: { $0.target == link.target }) else { return }
        links.append(link)
        links.sort()
    }
}
