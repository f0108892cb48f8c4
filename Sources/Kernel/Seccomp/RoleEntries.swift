extension Word {
    /// What the word stands for, before a role's facts narrow it.
    package var entries: [Entry] {
        switch self {
        case .stdio: BaseEntries.all
        case .rpath: FileEntries.read
        case .wpath: FileEntries.write
        case .inetClient: NetworkEntries.talk + [NetworkEntries.stream, NetworkEntries.connect]
        case .inetServer:
            NetworkEntries.talk + NetworkEntries.accept + NetworkEntries.listen
                + [NetworkEntries.stream]
        case .datagram: NetworkEntries.datagram
        case .unix: NetworkEntries.unix
        case .thread: ProcessEntries.threads
        case .fork: ProcessEntries.forks
        case .exec: ProcessEntries.executions
        case .notify: NetworkEntries.notify
        case .events: NetworkEntries.talk
        case .shm: ProcessEntries.shared
        case .signals: ProcessEntries.signals
        case .wx: ProcessEntries.codeMemory
        case .seal: ProcessEntries.sealing
        }
    }
}

extension Role {
    /// Every entry of the role, after its facts took away what it must not have.
    package var entries: [Entry] {
        var all = [BaseEntries.start(programDescriptor)]
        for word in words {
            switch word {
            case .inetClient where !dials:
                all += NetworkEntries.talk
            case .inetServer where holdsHostSocket:
                all += NetworkEntries.talk + NetworkEntries.accept
            case .unix where holdsHostSocket, .datagram where holdsHostSocket:
                all += word.entries.filter { $0.call != "bind" && $0.call != "listen" }
            default:
                all += word.entries
            }
        }
        return all
    }

    /// Names of the calls it may make, sorted, each once.
    package var calls: [String] { Set(entries.map(\.call)).sorted() }
}
