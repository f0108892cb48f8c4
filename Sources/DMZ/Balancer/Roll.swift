internal import Addresses

/// Which places are taken, by whom, and until when: the table of connections without them.
struct Roll {
    /// Deadlines by place; `never` for a free one.
    private(set) var due: [UInt64]
    private var free: [Int]
    private var crowd: [Address: Int] = [:]
    private let perAddressMax: Int

    static let never = UInt64.max

    init(places: Int, perAddress: Int) {
        due = Array(repeating: Self.never, count: places)
        free = Array((0..<places).reversed())
        perAddressMax = perAddress
    }

    var taken: Int { due.count - free.count }
    var isFull: Bool { free.isEmpty }

    /// An address has as many as one may have.
    func isCrowded(_ address: Address) -> Bool { crowd[address, default: 0] >= perAddressMax }

    /// A free place, or nil.
    mutating func take(_ address: Address, due time: UInt64) -> Int? {
        guard let place = free.popLast() else { return nil }
        crowd[address, default: 0] += 1
        due[place] = time
        return place
    }

    mutating func set(_ place: Int, due time: UInt64) { due[place] = time }

    mutating func release(_ place: Int, _ address: Address) {
        due[place] = Self.never
        free.append(place)
        let left = crowd[address, default: 1] - 1
        crowd[address] = left > 0 ? left : nil
    }

    /// Places whose time is over.
    func overdue(_ now: UInt64) -> [Int] {
        var places: [Int] = []
        for place in due.indices where due[place] <= now { places.append(place) }
        return places
    }
}
