/// Why a box is covered by others, for a checker that trusts nobody: a tree of cuts, flat and in
/// preorder, of which every leaf names one box that holds the whole leaf.
///
/// A cut is two words, `field << 2`, with 2 added when the upper half comes first, and the last
/// value of the lower half; a leaf is one word, `number << 1 | 1`, in the counting of the boxes
/// that cover.
package struct Covering: Sendable, Hashable {
    package var words: [UInt64] = []

    package init() {}

    package mutating func appendCut(_ field: Field, after last: UInt32, upperFirst: Bool = false) {
        words.append(UInt64(field.rawValue) << 2 | (upperFirst ? 2 : 0))
        words.append(UInt64(last))
    }

    package mutating func appendLeaf(_ number: Int) { words.append(UInt64(number) << 1 | 1) }
}

/// Evidence that rules decide every packet of a question the same way.
package struct Certificate: Sendable {
    /// The first rule of the wanted decision that holds the whole question: nothing behind it
    /// matters; nil when there is none.
    package var end: Int?
    /// One covering by earlier rules of the wanted decision for each rule of the opposite one
    /// that touches the question and stands before `end`, in the order of the rules.
    ///
    /// A last one is for the packets that no rule decides, where those would be decided the
    /// opposite way and there is no `end`.
    package var coverings: [Covering]
    /// For lists with skips instead: cuts into cells in which all that still matters decides alike.
    ///
    /// Leaves name no rule and are `1`.
    package var cells: Covering?

    package init(coverings: [Covering], end: Int? = nil, cells: Covering? = nil) {
        self.coverings = coverings
        self.end = end
        self.cells = cells
    }
}
