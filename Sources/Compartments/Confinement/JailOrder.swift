/// What the supervisor adds to a compartment's plan when it starts it: who, with what in hand, and
/// which walls.
package struct JailOrder: Sendable {
    package var compartment: CompartmentPlan
    /// The step to run instead of the program; nil for the program.
    package var preparation: PreparationPlan?
    package var uid: UInt32
    package var gid: UInt32
    package var isolation: IsolationLevel
    package var without: Walls
    /// Every `NAME=value`; an empty `LISTEN_PID=` gets the program's pid from the jail.
    package var environment: [String]
    /// How many descriptors are handed over, at most 64.
    package var descriptors: Int
    /// The notify socket is sent and stands at `JailPlan.notifyTarget`.
    package var hasNotify: Bool
    /// Host path of a drill's probe that takes the program's place under the same plan.
    package var probe: String?
    /// Host path of the state directory where there is no own root: it is the working directory.
    package var state: String?
    /// The compartment runs as `uid`; at `full` it always does.
    package var changesUID: Bool

    package init(
        compartment: CompartmentPlan, preparation: PreparationPlan? = nil, uid: UInt32,
        gid: UInt32, isolation: IsolationLevel, without: Walls, environment: [String],
        descriptors: Int, hasNotify: Bool, probe: String? = nil,
        state: String? = nil, changesUID: Bool = false
    ) {
        self.compartment = compartment
        self.preparation = preparation
        self.uid = uid
        self.gid = gid
        self.isolation = isolation
        self.without = without
        self.environment = environment
        self.descriptors = descriptors
        self.hasNotify = hasNotify
        self.probe = probe
        self.state = state
        self.changesUID = changesUID
    }
}
