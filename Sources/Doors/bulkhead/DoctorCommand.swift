internal import Arguments
internal import Findings
internal import Machine
internal import Notation
internal import Platform

extension Verb {
    static let doctor = Verb(
        Usage(
            "doctor", about: "Tells what this machine can isolate and what is missing",
            flags: [.json],
            details: """
                Tries each thing in a child process that ends at once; nothing is changed. Exit 0 when
                full isolation is possible, 3 when something is missing.
                """)
    ) { arguments throws(Failure) in
        let abilities = Machine.abilities()
        let settings = Hardening.settings()
        let strength = Machine.strength(of: abilities)
        if arguments.has("json") {
            Output.line(doctorDocument(abilities, settings, strength).renderPretty())
        } else {
            for line in doctorText(abilities, settings, strength) { Output.line(line) }
        }
        return strength.isolation == .full ? .good : .machine
    }
}

private func doctorText(
    _ abilities: [Ability], _ settings: [HardeningSetting], _ strength: Strength
) -> [String] {
    var lines = ["what full isolation needs"]
    lines += aligned(abilities.filter { $0.weight == .required }.map(row))
    lines += ["", "what makes it better"]
    lines += aligned(abilities.filter { $0.weight != .required }.map(row))
    let score = Hardening.score(settings)
    lines += ["", "the host's own settings: \(score.reached) of \(score.of) points"]
    lines += aligned(
        settings.map { setting in
            [
                setting.isGood ? "good" : "weak", setting.name,
                setting.found.map { "\($0)" } ?? "not here",
                setting.isGood
                    ? "" : "\(setting.isLowerBetter ? "at most" : "at least") \(setting.wanted)",
                setting.reason,
            ]
        })
    let absent = abilities.filter { !$0.isPresent && $0.weight != .informative }
    if !absent.isEmpty {
        lines += ["", "what to do"]
        lines += absent.map { "  \($0.name): \($0.remedy)" }
    }
    let verdict =
        strength.isolation == .full
        ? "this machine can isolate fully"
        : "this machine cannot isolate fully; `bulkhead up --isolation \(strength.isolation.name)`"
            + " runs with what there is"
    return lines + ["", verdict]
}

private func row(_ ability: Ability) -> [String] {
    [ability.isPresent ? "yes" : "NO", ability.name, ability.detail, ability.purpose]
}

private func doctorDocument(
    _ abilities: [Ability], _ settings: [HardeningSetting], _ strength: Strength
) -> JSON {
    let score = Hardening.score(settings)
    return [
        "isolation": .text(strength.isolation.name),
        "missing": .list(strength.missing.map { .text($0) }),
        "abilities": .list(
            abilities.map { ability in
                [
                    "name": .text(ability.name), "present": .boolean(ability.isPresent),
                    "weight": .text(ability.weight.rawValue), "detail": .text(ability.detail),
                    "purpose": .text(ability.purpose), "remedy": .text(ability.remedy),
                ]
            }),
        "hardening": [
            "reached": .integer(Int64(score.reached)), "of": .integer(Int64(score.of)),
            "settings": .list(
                settings.map { setting in
                    [
                        "name": .text(setting.name), "good": .boolean(setting.isGood),
                        "found": setting.found.map { .integer($0) } ?? .null,
                        "wanted": .integer(setting.wanted),
                        "lower": .boolean(setting.isLowerBetter),
                        "weight": .integer(Int64(setting.weight)), "reason": .text(setting.reason),
                    ]
                }),
        ],
    ]
}
