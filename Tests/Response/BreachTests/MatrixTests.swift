import Breach
import Confinement
import Notation
import Testing

@Suite("Matrix of a drill")
struct MatrixTests {
    static let techniques = [
        Technique("net.one", "one", "T1210", [.fabric, .host]),
        Technique("net.two", "two", "T1046", [.fabric]),
        Technique("kern.three", "three", "T1611", [.seccomp], standing: "none such"),
    ]

    static func stopped(_ layer: String, logged: Bool = true) -> Cell {
        .stopped(
            by: [layer], how: .record, trace: logged ? .logged("seen") : .nothing, detail: "no")
    }

    static func matrix(
        _ cells: [[Cell]], without: Walls = []
    ) -> Matrix {
        let columns = cells.enumerated().map { number, row in
            Matrix.Column(
                name: "service\(number)",
                cells: Dictionary(
                    uniqueKeysWithValues: zip(techniques.map(\.id), row).map { ($0, $1) }))
        }
        var matrix = Matrix(
            platform: "p", file: "p.yaml", techniques: techniques, columns: columns)
        matrix.without = without
        for technique in techniques { matrix.proofs[technique.id] = .works("yes") }
        return matrix
    }

    static let good = [
        stopped("host"), stopped("fabric"), stopped("seccomp", logged: false),
    ]

    @Test("what each layer stopped is counted, and a check that stands alone is named")
    func layers() {
        var matrix = Self.matrix([Self.good, Self.good])
        matrix.techniques.append(
            Technique("pass.four", "four", "T1210", [], checks: ["table"], records: ["no"]))
        for column in matrix.columns.indices {
            matrix.columns[column].cells["pass.four"] = Self.stopped("table")
        }
        let seen = matrix.layers.map { "\($0.layer.rawValue) \($0.stopped)" }
        #expect(seen == ["network 4", "host 2", "application 2"])
        #expect(matrix.singles.contains { $0.wall == "table" && $0.techniques == ["pass.four"] })
    }

    @Test("a drill passes only when all was stopped, recorded, run, proved and equivalent")
    func passing() {
        #expect(Self.matrix([Self.good, Self.good]).passed)
        let spoiled: [Cell] = [
            .through("in"), .unrecorded("nobody saw"), .couldNotRun("no child"),
        ]
        for cell in spoiled {
            #expect(!Self.matrix([Self.good, [Self.good[0], cell, Self.good[2]]]).passed)
        }
        var missing = Self.matrix([Self.good])
        missing.columns[0].cells["net.two"] = nil
        #expect(!missing.passed && missing.totals.couldNotRun == 1)
        var different = Self.matrix([Self.good])
        different.columns[0].difference = "uid is 0"
        #expect(!different.passed)
        var unproven = Self.matrix([Self.good])
        unproven.proofs["net.two"] = .failed("no")
        #expect(!unproven.passed && unproven.totals.unproven == 1)
        var troubled = Self.matrix([Self.good])
        troubled.troubles = ["something else"]
        #expect(!troubled.passed)
        #expect(!Self.matrix([]).passed, "a drill of nothing proves nothing")
    }

    @Test("totals add up and every failure is listed by name")
    func totals() {
        let matrix = Self.matrix([
            Self.good, [.through("wrote"), Self.good[1], .inapplicable("none")],
        ])
        let totals = matrix.totals
        #expect(totals.stopped == 4 && totals.logged == 3 && totals.through == 1)
        #expect(totals.inapplicable == 1)
        #expect(matrix.failures.map(\.technique.id) == ["net.one"])
        let text = MatrixText.lines(matrix).joined(separator: "\n")
        for words in ["THROUGH", "service1: net.one (T1210): wrote", "FAILED: 1 attempts"] {
            #expect(text.contains(words))
        }
    }

    @Test("techniques behind one wall alone are named")
    func singles() {
        let singles = Self.matrix([Self.good]).singles
        #expect(singles.map(\.wall) == ["fabric"])
        #expect(singles.first?.techniques == ["net.two"])
    }

    @Test("an ablation says what gets through, what stops it next, and where the table was wrong")
    func ablation() throws {
        #expect(Ablation(Self.matrix([Self.good])) == nil)
        let matrix = Self.matrix(
            [[Self.good[0], .through("in"), Self.good[2]], Self.good], without: .fabric)
        let ablation = try #require(Ablation(matrix))
        #expect(ablation.lines.map(\.id) == ["net.one", "net.one", "net.two", "net.two"])
        #expect(ablation.through.map(\.compartment) == ["service0"])
        #expect(ablation.through.allSatisfy { $0.agrees && $0.isPredictedThrough })
        #expect(ablation.differences.map(\.id) == ["net.two"])
        #expect(ablation.instead.map(\.layer) == ["host", "fabric"])
        let text = MatrixText.lines(matrix).joined(separator: "\n")
        #expect(text.contains("now gets through: net.two in service0"))
        #expect(text.contains("not as predicted: net.two: predicted through, seen service1"))
    }

    @Test(
        "a wall that a role's word opens is none, and what got through unpredicted is a difference")
    func yields() throws {
        let fork = Technique(
            "res.fork", "fork", "T1499", [.limits, .seccomp], yields: ["fork": .seccomp])
        let other = Technique("kern.other", "other", "T1611", [.capabilities])
        var matrix = Matrix(
            platform: "p", file: "p.yaml", techniques: [fork, other],
            columns: [
                Matrix.Column(
                    name: "forks", traits: ["fork"],
                    cells: [fork.id: .through("many"), other.id: .through("in")]),
                Matrix.Column(
                    name: "not", cells: [fork.id: Self.stopped("seccomp"), other.id: Self.good[0]]),
            ])
        matrix.without = .limits
        let ablation = try #require(Ablation(matrix))
        #expect(ablation.differences.map(\.id) == [other.id])
        #expect(ablation.differences.map(\.compartment) == ["forks"])
        #expect(ablation.through.map(\.left) == [[], ["capabilities"]])
    }

    @Test("the table's own prediction names what is left")
    func left() {
        #expect(Ablation.left(of: Self.techniques[0], without: .fabric) == ["host"])
        #expect(Ablation.left(of: Self.techniques[1], without: .fabric) == [])
        #expect(Ablation.left(of: Self.techniques[2], without: .seccomp) == ["standing"])
    }

    @Test("the document holds every cell and reads back as it was written")
    func document() throws {
        let matrix = Self.matrix([Self.good, Self.good], without: .fabric)
        let document = MatrixDocument.document(matrix)
        #expect(document["passed"]?.asBoolean == true)
        let columns = try #require(document["compartments"]?.asList)
        #expect(columns.count == 2)
        #expect(columns[0]["cells"]?.asList?.count == Self.techniques.count)
        #expect(document["ablation"] != nil)
        #expect(try JSON.parse(Array(document.renderPretty().utf8)) == document)
    }

    @Test("many compartments stand in several tables, each within its width")
    func width() {
        let matrix = Self.matrix(Array(repeating: Self.good, count: 12))
        let heads = MatrixText.lines(matrix).filter { $0.hasPrefix("TECHNIQUE") }
        #expect(heads.count == 3)
    }
}
