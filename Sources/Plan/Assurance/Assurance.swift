// Assurance: answers a platform's guarantees from its file and from each layer of its packet
// filters alone. Two ways lead to each answer: by what the rules let pass, and by certificates that
// a separate checker accepts; where they differ there is no answer. Bounds: those of Segmentation.
internal import Addresses
package import Confinement
internal import Crew
package import Platform
package import Reach
package import Segmentation
internal import Topology

/// What became of a platform's guarantees.
package struct Assurance: Sendable {
    /// What one layer of filters says alone.
    package struct Layered: Sendable {
        package let layer: Segmentation.Layer
        package let verdict: Verdict
        /// Certificates that the checker accepted; nil where packets alone do not decide.
        package let certificates: Int?
    }

    /// What became of one guarantee.
    package struct Answer: Sendable {
        package let guarantee: Guarantee
        /// The worst of what the file and the layers say.
        package let verdict: Verdict
        package let layers: [Layered]
        /// The change of the file that would repair it.
        package let repair: Repair?
    }

    /// The file's own services, flows and channels.
    package let graph: Graph
    /// In the order of the platform's guarantees.
    package let answers: [Answer]
    /// The address of each service's first instance.
    let addresses: [String: Address]
    /// Certificates that were checked in all.
    package let certificates: Int

    /// Answers every guarantee; `segmentation` is the deployment's own, or another's that runs.
    package init(_ platform: Platform, _ deployment: Deployment, _ segmentation: Segmentation) {
        let graph = Graph(platform)
        self.graph = graph
        addresses = Dictionary(
            deployment.compartments.lazy.filter { $0.kind == .service }
                .map { ($0.name, $0.address) }, uniquingKeysWith: { first, _ in first })
        let layers = Segmentation.Layer.allCases
        let (judged, declared) = Crew.both {
            Crew.map(layers.count) { index -> [Layered] in
                let judge = LayerJudge(layers[index], platform, deployment, segmentation)
                return Crew.map(platform.guarantees.count) { judge.judge(platform.guarantees[$0]) }
            }
        } _: {
            platform.guarantees.map { guarantee in
                let verdict = graph.verdict(on: guarantee)
                return (verdict, repair: verdict.passes ? nil : graph.repair(of: guarantee))
            }
        }
        answers = platform.guarantees.enumerated().map { number, guarantee in
            let (verdict, repair) = declared[number]
            let layered = judged.map { $0[number] }
            return Answer(
                guarantee: guarantee, verdict: Self.worst(verdict, layered), layers: layered,
                repair: repair)
        }
        certificates = answers.reduce(0) { sum, answer in
            answer.layers.reduce(sum) { $0 + ($1.certificates ?? 0) }
        }
    }

    /// Every guarantee holds, in the file and by each layer alone.
    package var passes: Bool { answers.allSatisfy(\.verdict.passes) }

    /// The file's own words come first; what only the filters break is told as theirs.
    private static func worst(_ declared: Verdict, _ layers: [Layered]) -> Verdict {
        guard declared.passes else { return declared }
        for one in layers {
            switch one.verdict {
            case .holds: continue
            case .refuted(let why, let path):
                return .refuted(why: "by \(one.layer.name) alone: \(why)", path: path)
            case .unanswered(let why):
                return .unanswered(why: "by \(one.layer.name) alone: \(why)")
            }
        }
        return declared
    }
}

/// One layer of filters, asked for guarantees.
private struct LayerJudge {
    let layer: Segmentation.Layer
    /// What passes perhaps, and what passes for sure; nil when it is too much to say.
    private let may: Graph?
    private let must: Graph?
    private let evidence: Evidence

    init(
        _ layer: Segmentation.Layer, _ platform: Platform, _ deployment: Deployment,
        _ segmentation: Segmentation
    ) {
        self.layer = layer
        let enforced = { (bound: Bound) -> Graph? in
            guard let openings = try? segmentation.openings(layer, bound) else { return nil }
            return Graph(Enforced.platform(platform, deployment, openings))
        }
        may = enforced(.may)
        must = segmentation.isExact(layer) ? may : enforced(.must)
        evidence = Evidence(layer, platform, deployment, segmentation)
    }

    func judge(_ guarantee: Guarantee) -> Assurance.Layered {
        guard let graph = guarantee.wantsOpen ? must : may else {
            return Assurance.Layered(
                layer: layer, verdict: .unanswered(why: "it lets more pass than can be listed"),
                certificates: nil)
        }
        let verdict = graph.verdict(on: guarantee)
        guard verdict.passes, let questions = evidence.questions(guarantee) else {
            return Assurance.Layered(layer: layer, verdict: verdict, certificates: nil)
        }
        switch evidence.refused(questions) {
        case .proved(let count):
            return Assurance.Layered(layer: layer, verdict: verdict, certificates: count)
        case .open(let packet):
            return Assurance.Layered(
                layer: layer,
                verdict: .unanswered(
                    why: "its rules have no way there, and \(packet) is not refused"),
                certificates: nil)
        }
    }
}

extension Guarantee {
    /// It wants something to pass: only what passes for sure counts.
    fileprivate var wantsOpen: Bool {
        switch kind {
        case .must: true
        case .expect(_, _, _, _, let isOpen): isOpen
        case .never, .only, .contain, .beyond: false
        }
    }
}
