import Findings
import UnitFiles

// Files of systemd's.
extension Door {
    static let unit = Door(name: "unit") {
        [
            "[Unit]\nDescription=a %% b\n[Service]\nExecStart=/a \"b $$c\" \\\n# d\n  e\n",
            "[Service]\nEnvironment=\"A=\\x41\\101\\u00e9\" 'B=\\s'\nEnvironment=\n",
            "\u{FEFF}[Network]\nVLAN=vlan10\nVLAN=vlan20\n;\nAddress = 10.0.0.1/24\\",
        ].map { Array($0.utf8) }
    } take: { bytes in
        let (file, findings) = UnitFile.read(bytes)
        require((file == nil) == !findings.isEmpty, "a file and faults, or neither")
        for finding in findings {
            let isPlain = finding.problem.unicodeScalars.allSatisfy { $0.value >= 32 }
            require(isPlain, "a finding carries control characters")
        }
        guard let file else { return }
        for entry in file.entries {
            let isPlain = entry.value.utf8.allSatisfy { $0 >= 32 || $0 == 9 }
            require(isPlain, "a value carries control characters")
            guard let words = try? UnitText.words(entry.value) else { continue }
            require(words.allSatisfy { !$0.text.utf8.contains(0) }, "a word holds a NUL")
            if let command = try? UnitText.command(entry.value) {
                require(command.count == words.count, "a command is other words than its line's")
                require(command.first?.isEmpty == false, "a command without a program")
            }
        }
        // What a file says is the same when it is written out again line by line.
        var text = ""
        for entry in file.entries {
            guard !entry.value.hasSuffix("\\") else { return }
            text += "[\(entry.section)]\n\(entry.key)=\(entry.value)\n"
        }
        let again = UnitFile.read(Array(text.utf8)).file?.entries ?? []
        require(
            again.map(\.value) == file.entries.map(\.value)
                && again.map(\.key) == file.entries.map(\.key),
            "written again it is another file")
    }
}
