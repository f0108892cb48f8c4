import AdminTreaty
import OrderTreaty
import Orders
import Testing

@Suite("Orders")
struct OrdersTests {
    @Test("nothing is taken before risk and matching are there")
    func away() {
        var orders = Orders(Listing(currencies: [], instruments: []), journaled: 0)
        orders.submit(.open, ticket: 1)
        #expect(orders.takeAnswers() == [.operators(ticket: 1, .rejected(.unavailable))])
        #expect(orders.close(time: 1) == nil)
    }
}
