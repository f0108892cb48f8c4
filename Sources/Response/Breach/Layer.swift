/// A layer of defence: where a technique attacks, and where it was stopped.
package enum Layer: String, Sendable, CaseIterable {
    /// Published ports and what holds them.
    case perimeter
    /// Which packets pass between compartments.
    case network
    /// What a process may ask of its kernel.
    case host
    /// What a program believes of what others say to it.
    case application
    /// What is kept, and which changes of it are booked.
    case data

    /// The layer of a wall, by its name; nil for what is no wall.
    package init?(wall name: String) {
        switch name {
        case "publishing": self = .perimeter
        case "fabric", "host": self = .network
        case "seccomp", "landlock", "capabilities", "uid", "root", "pids", "limits", "privileges",
            "wx", "ipc":
            self = .host
        default: return nil
        }
    }
}

extension Technique {
    /// The layer that it attacks.
    package var layer: Layer {
        switch family {
        case "net": .network
        case "out": .perimeter
        case "pass", "trust", "order", "fill": .application
        case "book": .data
        default: .host
        }
    }

    /// The layer of whatever stopped it, by its name.
    package func layer(of stopper: String) -> Layer { Layer(wall: stopper) ?? layer }
}
