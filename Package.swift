// swift-tools-version: 6.3
import PackageDescription

// The plan of the house: an import is a route. Wings are folders, rooms are modules, doors are
// executables; Tests/House compares this table with the imports in the sources.

let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error), .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func room(
    _ wing: String, _ name: String, opens: [Target.Dependency] = [],
    tests: [Target.Dependency] = []
) -> [Target] {
    [
        .target(
            name: name, dependencies: opens, path: "Sources/\(wing)/\(name)", swiftSettings: house),
        .testTarget(
            name: name + "Tests", dependencies: [.byName(name: name)] + opens + tests,
            path: "Tests/\(wing)/\(name)Tests", swiftSettings: house),
    ]
}

func door(
    _ name: String, opens: [Target.Dependency],
    linking: [LinkerSetting] = [
        .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])
    ]
) -> [Target] {
    [
        .executableTarget(
            name: name, dependencies: opens, path: "Sources/Doors/\(name)", swiftSettings: house,
            linkerSettings: linking)
    ]
}

/// What the tests of several rooms share; only tests open it, so nothing that ships has it.
func support(_ name: String, opens: [Target.Dependency] = []) -> [Target] {
    [
        .target(
            name: name, dependencies: opens, path: "Tests/Support/\(name)", swiftSettings: house)
    ]
}

func binding(_ name: String, pkgConfig: String) -> [Target] {
    [.systemLibrary(name: name, path: "Bindings/\(name)", pkgConfig: pkgConfig)]
}

let bindings: [[Target]] = [
    binding("CYAML", pkgConfig: "yaml-0.1"),
    binding("CSeccomp", pkgConfig: "libseccomp"),
    binding("CNftables", pkgConfig: "libnftables"),
    binding("COpenSSL", pkgConfig: "libcrypto"),
    binding("CSQLite", pkgConfig: "sqlite3"),
    binding("CTLS", pkgConfig: "libssl"),
    [.target(name: "CLinux", path: "Bindings/CLinux")],
    [.target(name: "CJailPlan", path: "Jail/Plan")],
]

let rooms: [[Target]] = [
    room("Ground", "Bytes"),
    room("Ground", "Findings"),
    room("Ground", "Numerals"),
    room("Ground", "Tables", tests: ["Chance"]),
    room("Ground", "Addresses"),
    room("Ground", "Notation", opens: ["Findings"]),
    room("Ground", "Arguments", opens: ["Findings"]),
    room("Crypto", "Digests", opens: ["Bytes", "Findings", "COpenSSL"]),
    room("Crypto", "Signatures", opens: ["Bytes", "Findings", "COpenSSL"]),
    room("Crypto", "Certificates", opens: ["Addresses", "Findings", "COpenSSL"]),
    room("Crypto", "TLSEngine", opens: ["Certificates", "Findings", "CTLS"]),
    room("Wires", "HTTPWire", tests: ["Chance"]),
    room("Wires", "YAMLTree", opens: ["Findings", "CYAML"]),
    room("Plan", "Packets", tests: ["PacketChance", "Chance"]),
    room("Plan", "Ruleset", opens: ["Packets", "Findings"], tests: ["Walker", "Chance"]),
    room("Plan", "Walker", opens: ["Packets", "Ruleset", "Findings"]),
    room(
        "Plan", "Cover", opens: ["Packets"],
        tests: ["CoverCheck", "Descriptors", "Diagram", "FilterSets", "PacketChance", "Chance"]),
    room(
        "Plan", "CoverCheck", opens: ["Packets"], tests: ["Cover", "PacketChance", "Chance"]),
    room("Plan", "Topology", opens: ["Packets", "Ruleset", "Findings"]),
    room(
        "Plan", "Difference", opens: ["Cover", "Packets"],
        tests: ["Diagram", "PacketChance", "Chance"]),
    room("Plan", "Diagram", opens: ["Packets"], tests: ["Cover", "PacketChance", "Chance"]),
    room("Formats", "FilterTerms", opens: ["Packets", "Ruleset", "Digests", "Findings"]),
    room("Formats", "NftRules", opens: ["FilterTerms", "Packets", "Ruleset", "Findings"]),
    room(
        "Formats", "NftText",
        opens: ["NftRules", "FilterTerms", "Packets", "Ruleset", "Findings"],
        tests: ["Walker", "Rulebook", "Confinement", "Addresses", "Chance"]),
    room(
        "Formats", "NftJSON",
        opens: ["NftRules", "Notation", "FilterTerms", "Packets", "Ruleset", "Findings"],
        tests: [
            "NftText", "Walker", "Cover", "Diagram", "Chance", "Descriptors", "Namespaces",
            "Netlink", "PacketFilter", "Addresses",
        ]),
    room(
        "Plan", "Segmentation",
        opens: [
            "Addresses", "Confinement", "Crew", "Rulebook", "NftText", "Topology", "Ruleset",
            "Packets", "Findings",
        ], tests: ["Chance"]),
    room(
        "Plan", "Drift",
        opens: [
            "Addresses", "Confinement", "Rulebook", "NftText", "Cover", "Connectivity", "Topology",
            "Ruleset", "Packets", "Findings",
        ], tests: ["Descriptors", "Namespaces", "PacketFilter"]),
    room(
        "Plan", "Assurance",
        opens: [
            "Addresses", "Confinement", "Cover", "CoverCheck", "Crew", "Findings", "Packets",
            "Platform", "Reach", "Segmentation", "Topology",
        ], tests: ["Compile", "Blueprint", "Rulebook"]),
    room(
        "Formats", "IptablesSave", opens: ["FilterTerms", "Packets", "Ruleset", "Findings"],
        tests: ["Walker"]),
    room(
        "Plan", "Connectivity",
        opens: ["Topology", "Packets", "Ruleset", "Addresses", "Notation"], tests: ["Chance"]),
    room(
        "Plan", "Comparison",
        opens: [
            "Addresses", "Confinement", "Connectivity", "Findings", "Notation", "Packets",
            "Platform", "Ruleset", "Segmentation", "Topology",
        ], tests: ["Blueprint", "Chance", "Compile"]),
    room(
        "Evidence", "Drawing",
        opens: [
            "Addresses", "Comparison", "Connectivity", "Findings", "Packets", "Platform",
            "Topology",
        ], tests: ["Blueprint", "Chance", "Compile", "Descriptors", "Ruleset"]),
    room(
        "Evidence", "Sarif", opens: ["Comparison", "Findings", "Notation"],
        tests: ["Packets", "Ruleset", "Topology"]),
    room(
        "Formats", "KubernetesManifests",
        opens: ["YAMLTree", "Topology", "Packets", "Ruleset", "Addresses", "Findings"],
        tests: ["Chance", "Connectivity"]),
    room(
        "Formats", "MachineTopology",
        opens: [
            "NftText", "NftJSON", "NftRules", "IptablesSave", "Topology", "Cover", "Packets",
            "Ruleset", "Addresses", "Findings",
        ], tests: ["Comparison", "Connectivity", "Walker", "Chance"]),
    room("Plan", "Platform", opens: ["Addresses", "Findings"]),
    room(
        "Plan", "Blueprint",
        opens: ["Platform", "Addresses", "Crew", "Findings", "Notation", "YAMLTree"]),
    room("Plan", "Reach", opens: ["Platform", "Addresses", "Findings"], tests: ["Chance"]),
    room(
        "Plan", "Lint", opens: ["Platform", "FlowLog", "Addresses", "Findings"],
        tests: ["Blueprint"]),
    room(
        "Plan", "Packs",
        opens: [
            "Platform", "Segmentation", "Confinement", "Topology", "Packets", "Addresses",
            "Findings",
        ], tests: ["Blueprint", "Compile", "Descriptors", "Lint", "Reach"]),
    room(
        "Plan", "Rulebook", opens: ["Addresses", "Confinement"],
        tests: ["Descriptors", "Namespaces", "Netlink", "PacketFilter"]),
    room("Formats", "FlowLog", opens: ["Addresses", "Findings", "Notation"], tests: ["Chance"]),
    room(
        "Formats", "CloudNetwork", opens: ["Addresses", "Findings", "Packets", "Topology"],
        tests: ["Ruleset"]),
    room(
        "Formats", "SecurityGroups",
        opens: ["CloudNetwork", "Findings", "Notation", "Topology"],
        tests: ["Packets", "Ruleset"]),
    room(
        "Formats", "TerraformPlan",
        opens: ["CloudNetwork", "Findings", "Notation", "Topology"],
        tests: ["Packets", "Ruleset"]),
    room(
        "Renderings", "Permits", opens: ["Addresses", "Confinement", "Findings", "Platform"],
        tests: ["RenderedPlans", "Segmentation", "Chance"]),
    room(
        "Renderings", "GatewayProof",
        opens: [
            "Addresses", "Difference", "Findings", "Packets", "Permits", "Platform", "Ruleset",
        ],
        tests: ["RenderedPlans"]),
    room(
        "Renderings", "EndsProof", opens: ["Findings", "Packets", "Permits", "Ruleset", "Topology"]),
    room(
        "Renderings", "NftRendering",
        opens: [
            "Addresses", "Findings", "GatewayProof", "NftText", "Permits", "Platform", "Ruleset",
        ],
        tests: ["Chance", "RealTools", "RenderedPlans"]),
    room(
        "Renderings", "IptablesRendering",
        opens: [
            "Addresses", "Findings", "GatewayProof", "IptablesSave", "Permits", "Platform",
            "Ruleset",
        ], tests: ["Chance", "RealTools", "RenderedPlans"]),
    room(
        "Renderings", "KubernetesRendering",
        opens: [
            "Addresses", "EndsProof", "Findings", "KubernetesManifests", "Permits", "Platform",
            "Topology",
        ], tests: ["Chance", "RenderedPlans"]),
    room("Formats", "UnitFiles", opens: ["Findings"], tests: ["Chance"]),
    room(
        "Renderings", "SystemdRendering",
        opens: ["Addresses", "Confinement", "Findings", "Permits", "Platform", "UnitFiles"],
        tests: ["Chance", "RealTools", "RenderedPlans"]),
    room(
        "Renderings", "TerraformRendering",
        opens: [
            "Addresses", "CloudNetwork", "EndsProof", "Findings", "Notation", "Packets", "Permits",
            "Platform", "Ruleset", "TerraformPlan", "Topology",
        ], tests: ["Chance", "RenderedPlans"]),
    room("Kernel", "Descriptors", opens: ["Findings", "CLinux"]),
    room("Kernel", "Sockets", opens: ["Descriptors", "Addresses", "CLinux"]),
    room("Kernel", "Loop", opens: ["Descriptors", "CLinux"]),
    room("Kernel", "Crew"),
    room("Kernel", "Namespaces", opens: ["Descriptors", "CLinux"]),
    room(
        "Kernel", "Netlink", opens: ["Descriptors", "Namespaces", "Addresses", "Bytes", "CLinux"],
        tests: ["Chance"]),
    room(
        "Kernel", "PacketFilter", opens: ["Descriptors", "CNftables", "CLinux", "Findings"],
        tests: ["Namespaces", "Netlink"]),
    room("Kernel", "Cgroups", opens: ["Descriptors"]),
    room("Kernel", "Seccomp", opens: ["CSeccomp", "CLinux", "Findings"]),
    room("Kernel", "Processes", opens: ["Descriptors", "CJailPlan", "CLinux"]),
    room("Kernel", "Machine", opens: ["Descriptors", "Cgroups", "Platform", "CLinux"]),
    room(
        "Compartments", "Confinement", opens: ["Addresses", "Bytes", "Findings", "CJailPlan"],
        tests: ["Processes", "Descriptors", "Namespaces", "Seccomp", "CLinux"]),
    room("Compartments", "Closure", opens: ["Bytes", "Descriptors", "Findings"]),
    room(
        "Compartments", "Compile",
        opens: [
            "Platform", "Confinement", "Closure", "Seccomp", "Descriptors", "Addresses", "Bytes",
            "Findings",
        ]),
    room("Compartments", "Tenancy", opens: ["Descriptors", "Findings", "Loop", "CLinux"]),
    room(
        "Compartments", "Passage",
        opens: [
            "AuthorityTreaty", "Certificates", "TLSEngine", "Sockets", "Loop", "Descriptors",
            "Addresses", "Bytes", "Findings",
        ], tests: ["Enrolment"]),
    room(
        "Compartments", "Supervisor",
        opens: [
            "Confinement", "Rulebook", "Processes", "Namespaces", "Netlink", "PacketFilter",
            "Cgroups", "Loop", "Descriptors", "ControlTreaty", "AuditTreaty",
            "Addresses", "Bytes", "Digests", "Findings", "CLinux",
        ], tests: ["Seccomp"]),
    room(
        "Compartments", "Operator",
        opens: [
            "Confinement", "ControlTreaty", "Descriptors", "Digests", "Findings", "Bytes", "CLinux",
        ]),
    room(
        "Compartments", "Inspection",
        opens: [
            "Operator", "Confinement", "PacketFilter", "Netlink", "Descriptors", "Addresses",
            "Findings",
        ]),
    room("Treaties", "AuditTreaty", opens: ["Bytes", "Addresses"], tests: ["Chance"]),
    room("Treaties", "ControlTreaty", opens: ["Bytes"]),
    room("Treaties", "AuthorityTreaty", opens: ["Addresses", "Bytes"]),
    room(
        "Treaties", "OrderTreaty", opens: ["Bytes", "Findings", "Notation", "Numerals"],
        tests: ["Chance", "RoundTrips"]),
    room(
        "Treaties", "RiskTreaty", opens: ["Bytes", "Numerals", "OrderTreaty"],
        tests: ["Chance", "RoundTrips"]),
    room(
        "Treaties", "LedgerTreaty", opens: ["Bytes", "Numerals", "OrderTreaty"],
        tests: ["RoundTrips"]),
    room(
        "Treaties", "MarketTreaty", opens: ["Bytes", "Numerals", "OrderTreaty"],
        tests: ["RoundTrips"]),
    room(
        "Treaties", "IdentityTreaty", opens: ["Addresses", "Bytes", "OrderTreaty"],
        tests: ["RoundTrips"]),
    room("Treaties", "RequestTreaty", opens: ["Addresses", "Bytes"], tests: ["RoundTrips"]),
    room(
        "Treaties", "AdminTreaty", opens: ["Addresses", "Bytes", "Numerals", "OrderTreaty"],
        tests: ["RoundTrips"]),
    room("Stores", "SQLiteStore", opens: ["Findings", "CSQLite"], tests: ["Descriptors"]),
    room(
        "Data", "LedgerBook",
        opens: ["LedgerTreaty", "OrderTreaty", "Numerals", "Bytes", "Digests"], tests: ["Chance"]),
    room(
        "Data", "LedgerStore",
        opens: ["LedgerBook", "LedgerTreaty", "OrderTreaty", "Numerals", "SQLiteStore"],
        tests: ["Descriptors", "Digests"]),
    room(
        "Vault", "Authority",
        opens: ["AuthorityTreaty", "Certificates", "Addresses", "Bytes"]),
    room(
        "Application", "ClientAPI",
        opens: [
            "RequestTreaty", "IdentityTreaty", "OrderTreaty", "MarketTreaty", "LedgerTreaty",
            "Numerals",
        ], tests: ["Addresses", "Notation", "Chance"]),
    room(
        "Application", "Identity",
        opens: [
            "ClientAPI", "IdentityTreaty", "OrderTreaty", "Digests", "Signatures", "SQLiteStore",
            "Addresses", "Bytes",
        ], tests: ["Descriptors"]),
    room(
        "Application", "Errands",
        opens: [
            "ClientAPI", "RequestTreaty", "IdentityTreaty", "OrderTreaty", "MarketTreaty",
            "LedgerTreaty", "AuditTreaty", "Addresses",
        ], tests: ["Numerals", "Chance"]),
    room(
        "Application", "Matching",
        opens: [
            "OrderTreaty", "RiskTreaty", "LedgerTreaty", "Numerals", "Tables", "Digests", "Bytes",
        ], tests: ["Chance"]),
    room(
        "Application", "Risk",
        opens: ["OrderTreaty", "RiskTreaty", "LedgerTreaty", "Numerals", "Tables"],
        tests: ["Matching", "Bytes", "Chance"]),
    room(
        "Application", "MarketData",
        opens: ["MarketTreaty", "OrderTreaty", "RiskTreaty", "Numerals", "Tables"],
        tests: ["Matching", "Chance"]),
    room(
        "Application", "Orders",
        opens: [
            "ClientAPI", "AdminTreaty", "LedgerTreaty", "OrderTreaty", "RiskTreaty", "Digests",
            "Numerals", "Tables", "Bytes",
        ], tests: ["Journal", "Risk", "Matching", "Descriptors", "Loop", "Chance"]),
    room(
        "Application", "Relay",
        opens: [
            "AuditTreaty", "Passage", "Tenancy", "Descriptors", "Loop", "Bytes", "Findings",
        ]),
    room(
        "Application", "Postings",
        opens: ["Relay", "Passage", "LedgerTreaty", "RiskTreaty", "Findings", "Bytes"],
        tests: ["Enrolment", "Neighbours"]),
    room(
        "Application", "RiskDesk",
        opens: [
            "Risk", "Matching", "Postings", "Relay", "Passage", "LedgerTreaty", "OrderTreaty",
            "RiskTreaty", "Bytes",
        ],
        tests: ["Numerals", "Chance", "Enrolment", "Neighbours"]),
    room(
        "Application", "MatchingDesk",
        opens: [
            "Matching", "Postings", "Relay", "Passage", "LedgerTreaty", "OrderTreaty", "RiskTreaty",
            "Numerals", "Bytes",
        ],
        tests: ["RiskDesk", "Risk", "MarketDesk", "Digests", "Chance", "Enrolment", "Neighbours"]),
    room(
        "Application", "MarketDesk",
        opens: [
            "MarketData", "Relay", "Passage", "MarketTreaty", "OrderTreaty", "RiskTreaty", "Bytes",
        ],
        tests: ["MatchingDesk", "Matching", "Numerals", "Chance", "Enrolment", "Neighbours"]),
    room(
        "Stores", "Journal", opens: ["Descriptors", "Loop", "Digests", "Bytes", "Findings"],
        tests: ["CLinux"]),
    room(
        "DMZ", "Balancer",
        opens: [
            "HTTPWire", "TLSEngine", "Passage", "Loop", "Sockets", "Descriptors",
            "RequestTreaty", "AuditTreaty", "Addresses", "Bytes", "Findings",
        ], tests: ["Enrolment"]),
    room(
        "Client", "ClientWire",
        opens: [
            "TLSEngine", "Certificates", "Digests", "Sockets", "Loop", "Descriptors", "Addresses",
            "OrderTreaty", "Notation", "Bytes", "Findings",
        ]),
    room(
        "Client", "Load",
        opens: ["ClientWire", "OrderTreaty", "Numerals", "Notation", "Loop", "Findings"],
        tests: ["Descriptors"]),
    room(
        "Client", "Office",
        opens: [
            "AdminTreaty", "AuthorityTreaty", "Operator", "Sockets", "Loop", "Descriptors",
            "Bytes", "Findings",
        ]),
    room(
        "Watch", "Trail",
        opens: [
            "AuditTreaty", "Digests", "Signatures", "Descriptors", "Bytes", "Findings", "CLinux",
        ], tests: ["Addresses", "Chance"]),
    room(
        "Watch", "Sensors", opens: ["AuditTreaty", "Netlink", "Addresses"],
        tests: ["Bytes", "CLinux", "Descriptors", "Namespaces", "PacketFilter"]),
    room(
        "Response", "Drill",
        opens: [
            "Breach", "Operator", "Confinement", "ControlTreaty", "AuditTreaty", "Processes",
            "Sockets", "Descriptors", "Addresses", "Findings", "CLinux", "AdminTreaty",
            "AuthorityTreaty", "OrderTreaty", "Certificates", "ClientWire", "Office", "Digests",
            "Numerals", "Notation",
        ]),
    room(
        "Response", "Envoy",
        opens: [
            "Breach", "Passage", "Tenancy", "TLSEngine", "Certificates", "Sockets", "Loop",
            "Descriptors", "Addresses", "AuthorityTreaty", "RequestTreaty", "IdentityTreaty",
            "OrderTreaty", "RiskTreaty", "LedgerTreaty", "MarketTreaty", "Numerals", "Digests",
            "Bytes", "Findings",
        ]),
    room(
        "Response", "Techniques",
        opens: ["Breach", "Addresses", "AuditTreaty", "CLinux"]),
    room(
        "Response", "Breach",
        opens: ["AuditTreaty", "Confinement", "Bytes", "Notation", "Addresses"],
        tests: ["Seccomp"]),
]

let doors: [[Target]] = [
    door(
        "bulkhead",
        opens: [
            "CloudNetwork", "SecurityGroups", "TerraformPlan", "Arguments", "Findings", "Notation",
            "Platform", "Blueprint", "Reach", "Compile", "Assurance", "Segmentation",
            "Confinement", "Machine", "Descriptors", "ControlTreaty", "Trail", "Signatures",
            "AuditTreaty", "Breach", "Addresses", "Bytes", "Drill", "Operator", "Office",
            "ClientWire", "AdminTreaty", "AuthorityTreaty", "OrderTreaty", "Numerals",
            "Certificates", "Loop", "Load", "Digests", "Connectivity", "KubernetesManifests",
            "MachineTopology", "Packets", "Topology", "Comparison", "Drawing", "Sarif",
            "Inspection", "Drift", "Ruleset", "GatewayProof", "NftRendering", "Permits",
            "IptablesRendering", "KubernetesRendering", "SystemdRendering", "TerraformRendering",
            "Lint", "Packs", "FlowLog", "Crew",
        ]),
    door(
        "bulkhead-supervisor",
        opens: ["Supervisor", "Operator", "Confinement", "Findings", "Descriptors"]),
    door(
        "bulkhead-trail",
        opens: ["Trail", "Tenancy", "Loop", "AuditTreaty", "Descriptors", "Findings"]),
    door(
        "bulkhead-authority",
        opens: [
            "Authority", "AuthorityTreaty", "AuditTreaty", "Certificates", "Tenancy", "Loop",
            "Sockets", "Descriptors", "Findings",
        ]),
    door(
        "bulkhead-orders",
        opens: [
            "Orders", "Journal", "Passage", "Tenancy", "Loop", "Sockets", "Descriptors", "Digests",
            "OrderTreaty", "RiskTreaty", "LedgerTreaty", "IdentityTreaty", "AdminTreaty",
            "AuditTreaty", "Bytes", "Findings",
        ]),
    door(
        "bulkhead-ledger",
        opens: [
            "LedgerStore", "LedgerBook", "SQLiteStore", "Passage", "Tenancy", "Loop",
            "Descriptors", "OrderTreaty", "RiskTreaty", "IdentityTreaty", "LedgerTreaty",
            "AuditTreaty", "Bytes",
            "Findings",
        ]),
    door(
        "bulkhead-risk",
        opens: ["RiskDesk", "Relay", "OrderTreaty", "Tenancy", "Findings"]),
    door(
        "bulkhead-matching",
        opens: ["MatchingDesk", "Relay", "OrderTreaty", "Tenancy", "Findings"]),
    door(
        "bulkhead-marketdata",
        opens: ["MarketDesk", "Relay", "OrderTreaty", "Tenancy", "Findings"]),
    door(
        "bulkhead-sensor",
        opens: [
            "Sensors", "Tenancy", "Netlink", "Loop", "AuditTreaty", "Descriptors", "Findings",
            "Bytes",
        ]),
    door(
        "bulkhead-gateway",
        opens: ["Balancer", "Passage", "Tenancy", "Loop", "AuditTreaty", "Findings"]),
    door(
        "bulkhead-api",
        opens: [
            "Errands", "ClientAPI", "Passage", "Tenancy", "Loop", "RequestTreaty",
            "IdentityTreaty", "OrderTreaty", "MarketTreaty", "LedgerTreaty", "AuditTreaty",
            "Descriptors", "Bytes", "Findings",
        ]),
    door(
        "bulkhead-identity",
        opens: [
            "Identity", "SQLiteStore", "Passage", "Tenancy", "Loop", "Sockets", "IdentityTreaty",
            "OrderTreaty", "AdminTreaty", "AuditTreaty", "Digests", "Descriptors", "Bytes",
            "Findings",
        ]),
    door("bulkhead-envoy", opens: ["Envoy", "Tenancy", "Findings"]),
    door(
        "bulkhead-probe", opens: ["Breach", "Techniques"],
        linking: [.unsafeFlags(["-static-executable"])]),
]

let supports: [[Target]] = [
    support("Chance"),
    support("PacketChance", opens: ["Chance", "Packets"]),
    support("FilterSets", opens: ["Packets"]),
    support(
        "RenderedPlans",
        opens: [
            "Blueprint", "Chance", "Compile", "Confinement", "Descriptors", "Findings", "Permits",
            "Platform",
        ]),
    support("RealTools", opens: ["Descriptors"]),
    support("RoundTrips", opens: ["Bytes", "Chance"]),
    support(
        "Enrolment",
        opens: ["AuthorityTreaty", "Certificates", "Descriptors", "Loop", "Passage", "Sockets"]),
    support(
        "Neighbours",
        opens: [
            "Addresses", "Bytes", "Descriptors", "Enrolment", "LedgerTreaty", "MarketTreaty",
            "Passage", "Relay", "RiskTreaty", "Sockets",
        ]),
]

let laws: [Target] = [
    .testTarget(
        name: "HouseTests", dependencies: ["Descriptors"], path: "Tests/House",
        swiftSettings: house)
]

/// For Benchmarks: the network and its rules alone, the ledger's store and the matching engine
/// without their peers.
let measures: [Target] = [
    .executableTarget(
        name: "town",
        dependencies: [
            "Rulebook", "PacketFilter", "Netlink", "Namespaces", "Confinement", "Descriptors",
            "Addresses", "Cgroups",
        ], path: "Benchmarks/Town", swiftSettings: house),
    .executableTarget(
        name: "abacus",
        dependencies: ["LedgerStore", "LedgerBook", "LedgerTreaty", "Numerals", "OrderTreaty"],
        path: "Benchmarks/Abacus", swiftSettings: house),
    .executableTarget(
        name: "facet",
        dependencies: [
            "Cover", "CoverCheck", "Descriptors", "Difference", "FilterSets", "Packets",
        ],
        path: "Benchmarks/Facet", swiftSettings: house),
    .executableTarget(
        name: "pit",
        dependencies: [
            "Matching", "RiskTreaty", "OrderTreaty", "Numerals", "Descriptors", "Bytes",
        ],
        path: "Benchmarks/Pit", swiftSettings: house),
]

// Built by Fuzz/run alone, with every room instrumented.
let fuzzing: [Target] =
    Context.environment["BULKHEAD_FUZZ"] == nil
    ? []
    : [
        .target(name: "CFuzzDriver", path: "Fuzz/Driver"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Addresses", "AdminTreaty", "AuditTreaty", "AuthorityTreaty", "Blueprint", "Breach",
                "Bytes", "CFuzzDriver", "CJailPlan", "ClientAPI", "ClientWire", "CloudNetwork",
                "Closure", "Connectivity", "KubernetesManifests", "Packets", "YAMLTree",
                "Confinement", "ControlTreaty", "Descriptors", "Findings", "HTTPWire",
                "IdentityTreaty", "IptablesSave", "Journal", "LedgerTreaty", "Load",
                "MachineTopology", "MarketData", "FlowLog",
                "MarketTreaty", "Matching", "Netlink", "NftJSON", "NftText", "Notation", "Numerals",
                "OrderTreaty", "Passage", "Platform", "RequestTreaty", "Risk", "RiskTreaty",
                "Ruleset", "SecurityGroups", "Sensors", "TerraformPlan", "Topology", "Trail",
                "UnitFiles", "Walker",
            ], path: "Fuzz/Doors", swiftSettings: house),
    ]

let package = Package(
    name: "bulkhead",
    targets: (bindings + rooms + doors + supports + [measures, laws, fuzzing]).flatMap { $0 },
    swiftLanguageModes: [.v6])
