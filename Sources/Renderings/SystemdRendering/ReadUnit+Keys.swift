extension ReadUnit {
    /// Keys that units of services and sockets may have.
    static let units: [String: Kind] = {
        var kinds: [String: Kind] = [:]
        for wall in Sandbox.walls { kinds["Service.\(wall.key)"] = .single }
        for list in Sandbox.lists { kinds["Service.\(list.key)"] = .lines }
        for key in [
            "Unit.Description", "Service.Type", "Service.NotifyAccess", "Service.KillSignal",
            "Service.Restart", "Service.StateDirectoryMode", "Service.WorkingDirectory",
            "Service.MemoryDenyWriteExecute", "Service.PrivateUsers", "Service.PrivateNetwork",
            "Service.LimitNOFILE", "Service.TasksMax", "Service.MemoryMax",
            "Socket.FileDescriptorName", "Socket.Service", "Socket.Accept",
        ] { kinds[key] = .single }
        for key in [
            "Unit.Wants", "Unit.After", "Unit.Requires", "Service.Environment", "Service.Sockets",
            "Service.StateDirectory", "Service.BindReadOnlyPaths", "Service.CapabilityBoundingSet",
            "Service.AmbientCapabilities", "Service.RestrictAddressFamilies",
            "Service.RestrictNetworkInterfaces", "Service.SocketBindAllow",
            "Service.IPAddressAllow", "Socket.IPAddressAllow", "Install.WantedBy",
        ] { kinds[key] = .words }
        for key in ["Socket.ListenStream", "Socket.ListenDatagram", "Socket.IPAddressDeny"] {
            kinds[key] = .lines
        }
        kinds["Service.CPUQuota"] = .plain
        kinds["Service.ExecStart"] = .command
        return kinds
    }()
}
