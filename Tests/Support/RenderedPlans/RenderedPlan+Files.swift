internal import Descriptors

extension RenderedPlan {
    /// A platform file of this repository.
    package static func ofRepository(_ name: String) throws -> RenderedPlan {
        let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let bytes = try Files.read("\(root)/Platforms/\(name)", limit: 1 << 20)
        return try RenderedPlan(
            String(decoding: bytes, as: UTF8.self), file: name, folder: "\(root)/Platforms")
    }

    /// Those that real tools are asked about.
    package static let repository = ["exchange.yaml", "firm.yaml", "first.yaml"]
}
