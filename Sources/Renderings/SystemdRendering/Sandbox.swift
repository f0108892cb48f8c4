/// What every unit forbids, whatever its service is.
enum Sandbox {
    /// Keys that have one value.
    static let walls: [(key: String, value: String)] = [
        ("DynamicUser", "yes"), ("NoNewPrivileges", "yes"), ("UMask", "0077"),
        ("KeyringMode", "private"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"), ("PrivateDevices", "yes"), ("DevicePolicy", "closed"),
        ("PrivateIPC", "yes"), ("RemoveIPC", "yes"), ("ProtectKernelTunables", "yes"),
        ("ProtectKernelModules", "yes"), ("ProtectKernelLogs", "yes"),
        ("ProtectControlGroups", "yes"), ("ProtectClock", "yes"), ("ProtectHostname", "yes"),
        ("ProtectProc", "invisible"), ("ProcSubset", "pid"), ("RestrictNamespaces", "yes"),
        ("LockPersonality", "yes"), ("RestrictRealtime", "yes"), ("RestrictSUIDSGID", "yes"),
        ("SystemCallErrorNumber", "EPERM"), ("LimitCORE", "0"),
        ("Delegate", "no"), ("StandardInput", "null"),
    ]

    /// Keys that are lists.
    static let lists: [(key: String, lines: [String])] = [
        ("SystemCallArchitectures", ["native"]),
        ("SystemCallFilter", ["@system-service", "~@privileged @resources"]),
        ("IPAddressDeny", ["any"]), ("SocketBindDeny", ["any"]),
    ]

    /// What a program needs for ports below 1024, and nothing else ever.
    static let lowPorts = "CAP_NET_BIND_SERVICE"
    static let firstFreePort: UInt16 = 1024

    /// Signals that ask a service to end.
    static func signal(_ number: UInt8) -> String {
        switch number {
        case 1: "SIGHUP"
        case 2: "SIGINT"
        case 3: "SIGQUIT"
        case 10: "SIGUSR1"
        case 12: "SIGUSR2"
        default: "SIGTERM"
        }
    }
}
