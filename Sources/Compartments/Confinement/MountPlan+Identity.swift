extension MountPlan {
    /// Stands in generated files for the compartment's uid and gid, which only the supervisor knows.
    package static let uidMark = "@UID@"

    /// The mount with the mark replaced by the compartment's number.
    package func with(uid: UInt32) -> MountPlan {
        guard case .file(let target, let contents) = self else { return self }
        let mark = Array(Self.uidMark.utf8)
        let number = Array(String(uid).utf8)
        var filled: [UInt8] = []
        var index = 0
        while index < contents.count {
            if contents[index...].starts(with: mark) {
                filled += number
                index += mark.count
            } else {
                filled.append(contents[index])
                index += 1
            }
        }
        return .file(target: target, contents: filled)
    }
}
