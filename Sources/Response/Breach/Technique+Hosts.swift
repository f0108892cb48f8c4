extension Technique {
    /// What they attack is in the compartment's own root: nothing is there without that wall.
    package static let ofOwnRoot: Set<String> = [
        "exec.dropped-state", "res.state-fill", "notify.forge",
    ]

    /// What a host has and a compartment must not reach: where none of it is there, being refused
    /// proves nothing.
    package static let shadows = ["/etc/shadow", "/etc/gshadow"]
    package static let hostKeys = [
        "/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_ecdsa_key",
        "/etc/ssh/ssh_host_rsa_key", "/root/.ssh/id_ed25519", "/root/.ssh/id_rsa",
    ]
    package static let rawDevices = [
        "/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/dev/loop0", "/dev/kvm",
        "/proc/kcore",
    ]
    package static let hostSockets = [
        "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
        "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/notify", "/dev/log",
        "/run/udev/control", "/run/nscd/socket", "/run/postgresql/.s.PGSQL.5432",
    ]
    package static let setuidFiles = [
        "/usr/bin/su", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/mount",
    ]
}
