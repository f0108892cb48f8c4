/// What may stand at a place of the file: the one table that reader and JSON Schema share.
indirect enum Shape: Sendable {
    case scalar(Form)
    case list(Shape, counts: ClosedRange<Int>)
    /// A list, or its only item.
    case oneOrMany(Form)
    /// Keys of the author's choice; `noun` says what each names.
    case map(key: Form, value: Shape, noun: String, atMost: Int)
    case record(Record)
    case scalarOrRecord(Form, Record)
    /// A record of one of several kinds, told apart by the first key of each.
    case oneOf([Record])
}

/// A map whose keys are known.
struct Record: Sendable {
    /// What it describes: `flow`.
    let noun: String
    let keys: [Key]

    /// The record that a set of keys describes.
    init<Keys: KeySet>(_ noun: String, _ keys: Keys.Type) {
        self.noun = noun
        self.keys = Keys.allCases.map { Key(name: $0.rawValue, rule: $0.rule) }
    }
}

/// A known key with what holds for it.
struct Key: Sendable {
    let name: String
    let rule: Rule
}

/// What holds for one key.
struct Rule: Sendable {
    let shape: Shape
    var isRequired = false
    /// One line for the schema.
    let about: String
    /// The part that must be built before the key does anything; nil when it works.
    var inactiveUntil: String?

    init(_ shape: Shape, required: Bool = false, _ about: String, inactiveUntil: String? = nil) {
        self.shape = shape
        isRequired = required
        self.about = about
        self.inactiveUntil = inactiveUntil
    }

    init(_ form: Form, required: Bool = false, _ about: String, inactiveUntil: String? = nil) {
        self.init(.scalar(form), required: required, about, inactiveUntil: inactiveUntil)
    }
}

/// The keys of one kind of record, in the order in which schema and messages show them.
///
/// The typed reader asks for values by these cases only, so a key that is read is in the table.
protocol KeySet: RawRepresentable<String>, CaseIterable, Sendable {
    var rule: Rule { get }
}
