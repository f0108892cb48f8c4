package import Ruleset

extension Base {
    /// From words as nft writes them; nil for a hook that is none of IP's five.
    package init?(type: String, hook: String, priority: Int32, policy: String) {
        guard let place = Hook.allCases.first(where: { $0.name == hook }) else { return nil }
        let kind: Kind =
            switch type {
            case "nat": .nat
            case "route": .route
            default: .filter
            }
        self.init(kind, place, priority: priority, accepts: policy != "drop")
    }

    /// The number of a priority's name in tables about IP.
    package static func priority(_ name: String) -> Int32? {
        switch name {
        case "raw": -300
        case "mangle": -150
        case "dstnat": -100
        case "filter": 0
        case "security": 50
        case "srcnat": 100
        case "out": 100
        default: nil
        }
    }
}
