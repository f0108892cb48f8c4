package import Notation

/// A matrix for machines.
package enum MatrixDocument {
    package static func document(_ matrix: Matrix) -> JSON {
        let totals = matrix.totals
        var members: [JSON.Member] = [
            .init("platform", .text(matrix.platform)), .init("file", .text(matrix.file)),
            .init("without", texts(MatrixText.names(matrix.without))),
            .init("live", .boolean(matrix.isLive)),
            .init("milliseconds", .count(matrix.milliseconds)),
            .init("passed", .boolean(matrix.passed)),
            .init(
                "totals",
                [
                    "stopped": .count(totals.stopped), "logged": .count(totals.logged),
                    "through": .count(totals.through), "unrecorded": .count(totals.unrecorded),
                    "couldNotRun": .count(totals.couldNotRun),
                    "inapplicable": .count(totals.inapplicable),
                    "unproven": .count(totals.unproven),
                ]),
            .init(
                "layers",
                .list(
                    matrix.layers.map {
                        ["layer": .text($0.layer.rawValue), "stopped": .count(UInt64($0.stopped))]
                    })),
            .init(
                "techniques",
                .list(matrix.techniques.map { technique($0, matrix.proofs[$0.id]) })),
            .init("compartments", .list(matrix.columns.map { column($0, matrix) })),
            .init(
                "singleWall",
                .list(
                    matrix.singles.map {
                        ["wall": .text($0.wall), "techniques": texts($0.techniques)]
                    })),
            .init("troubles", texts(matrix.troubles)),
        ]
        if let ablation = Ablation(matrix) {
            members.append(.init("ablation", document(ablation)))
        }
        return .object(members)
    }

    private static func texts(_ items: [String]) -> JSON { .list(items.map { .text($0) }) }

    private static func technique(_ technique: Technique, _ proof: Proof?) -> JSON {
        let state: String
        let detail: String
        switch proof {
        case .works(let text): (state, detail) = ("works", text)
        case .lacking(let text): (state, detail) = ("lacking", text)
        case .failed(let text): (state, detail) = ("failed", text)
        case nil: (state, detail) = ("failed", "the open twin did not try it")
        }
        return [
            "id": .text(technique.id), "title": .text(technique.title),
            "attack": .text(technique.attack),
            "layer": .text(technique.layer.rawValue),
            "walls": texts(MatrixText.names(technique.walls)),
            "checks": texts(technique.checks),
            "standing": .text(technique.standing), "note": .text(technique.note),
            "open": .text(state),
            "openDetail": .text(detail),
        ]
    }

    private static func column(_ column: Matrix.Column, _ matrix: Matrix) -> JSON {
        [
            "name": .text(column.name), "equivalent": .boolean(column.difference == nil),
            "difference": .optional(column.difference),
            "cells": .list(
                matrix.techniques.map { cell($0, matrix.cell($0, column)) }),
        ]
    }

    private static func cell(_ technique: Technique, _ cell: Cell) -> JSON {
        var members: [JSON.Member] = [
            .init("id", .text(technique.id)), .init("state", .text(cell.state)),
        ]
        switch cell {
        case .stopped(let layers, let how, let trace, let detail):
            members.append(.init("by", texts(layers)))
            members.append(
                .init(
                    "layer",
                    .optional(layers.first.map { technique.layer(of: $0).rawValue })))
            members.append(.init("decidedBy", .text(how.rawValue)))
            if case .logged(let text) = trace {
                members.append(.init("record", .text(text)))
            } else {
                members.append(.init("record", .null))
            }
            members.append(.init("detail", .text(detail)))
        case .through(let text), .unrecorded(let text), .inapplicable(let text),
            .couldNotRun(let text):
            members.append(.init("detail", .text(text)))
        }
        return .object(members)
    }

    private static func document(_ ablation: Ablation) -> JSON {
        func list(_ lines: [Ablation.Line]) -> JSON {
            .list(
                lines.map { line in
                    [
                        "id": .text(line.id), "compartment": .text(line.compartment),
                        "predicted": .text(line.isPredictedThrough ? "through" : "stopped"),
                        "left": texts(line.left), "seen": .text(line.cell.state),
                    ]
                })
        }
        return [
            "through": list(ablation.through), "differences": list(ablation.differences),
            "instead": .list(
                ablation.instead.map { ["layer": .text($0.layer), "count": .count($0.count)] }),
        ]
    }
}
